'use strict';
// Calls as promises of everything that a case may look at.
const { once } = require('events');

function unary(client, method, request, ...options) {
  return new Promise(resolve => {
    const result = { messages: [] };
    const call = client[method](request, ...options, (error, response) => {
      if (response) result.messages.push(response);
      result.error = error;
    });
    finish(call, result, resolve);
  });
}

function clientStream(client, method, ...options) {
  const result = { messages: [] };
  const call = client[method](...options, (error, response) => {
    if (response) result.messages.push(response);
    result.error = error;
  });
  return { call, result: new Promise(resolve => finish(call, result, resolve)) };
}

// Reads to the end unless the case reads by `next`.
function responseStream(call) {
  const result = { messages: [] };
  call.on('data', message => result.messages.push(message));
  call.on('error', () => {}); // the status tells
  return { call, next: async () => (await once(call, 'data'))[0], result: new Promise(resolve => finish(call, result, resolve)) };
}

function finish(call, result, resolve) {
  call.on('metadata', metadata => (result.initial = metadata));
  call.on('status', status => setImmediate(() => resolve(Object.assign(result, { status, trailing: status.metadata }))));
}

function expect(what, actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}

function expectOk(result) {
  if (result.status.code !== 0) throw new Error(`status ${result.status.code}: ${result.status.details}`);
}

module.exports = { unary, clientStream, responseStream, expect, expectOk };
