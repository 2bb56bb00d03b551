package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v4"
)

const fields = 4

// table is the sink that c1's host is: each page is an INSERT that overwrites every column of a row that is there, in a transaction
// of its own. The statement is prepared once, for a full page.
type table struct {
	database *pgx.Conn
	values   []interface{}
	rows     int
}

// openTable reads PGHOST and its kin.
func openTable(account string, page int) (*table, error) {
	database, err := pgx.Connect(context.Background(), "")
	if err != nil {
		return nil, err
	}
	statement := &strings.Builder{}
	statement.WriteString("INSERT INTO data_objects (account_id, remote_id, resource_name, uri, metadata) VALUES ")
	for i := 0; i < page; i++ {
		if i > 0 {
			statement.WriteString(", ")
		}
		fmt.Fprintf(statement, "($1, $%d, $%d, $%d, $%d)", fields*i+2, fields*i+3, fields*i+4, fields*i+5)
	}
	statement.WriteString(` ON CONFLICT (account_id, remote_id) DO UPDATE SET resource_name = excluded.resource_name, uri = excluded.uri,
		metadata = excluded.metadata, updated_at = excluded.updated_at`)
	if _, err := database.Prepare(context.Background(), "upsert", statement.String()); err != nil {
		return nil, err
	}
	values := make([]interface{}, 1+fields*page)
	values[0] = account
	return &table{database: database, values: values}, nil
}

func (t *table) Upsert(ctx context.Context, page *SyncResponse) (*Empty, error) {
	if len(t.values) != 1+fields*len(page.Response) {
		return nil, fmt.Errorf("a page of %d is not what the statement was prepared for", len(page.Response))
	}
	for i, object := range page.Response {
		row := t.values[1+fields*i:]
		row[0], row[1], row[2], row[3] = object.RemoteId, object.ResourceName, object.Uri, object.Metadata
	}
	done, err := t.database.Exec(ctx, "upsert", t.values...)
	t.rows += int(done.RowsAffected())
	return &Empty{}, err
}

// Clean would delete what other syncs left; none has been.
func (t *table) Clean(context.Context, *Empty) (*Empty, error) { return &Empty{}, nil }

func (t *table) close() { t.database.Close(context.Background()) }
