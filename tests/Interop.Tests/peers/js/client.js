'use strict';
const grpc = require('@grpc/grpc-js');
const flags = require('./flags');
const plain = require('./cases');
const compressed = require('./compression');
const { TestService } = require('./protocol');

const CASE_TIMEOUT_MS = 10000;

async function run(target, limits) {
  flags.watchResponses();
  const client = new TestService(target, grpc.credentials.createInsecure());
  for (const [name, run] of Object.entries({ ...plain, ...compressed })) {
    flags.responses.length = 0;
    let error = null;
    try {
      await within(run(client, { target, limits }));
    } catch (thrown) {
      error = thrown.message;
    }
    console.log(JSON.stringify({ case: name, error }));
  }
  process.exit(0);
}

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${CASE_TIMEOUT_MS} ms`)), CASE_TIMEOUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { run };
