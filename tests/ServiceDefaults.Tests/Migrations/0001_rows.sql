create table test_rows (id int primary key, note text);
