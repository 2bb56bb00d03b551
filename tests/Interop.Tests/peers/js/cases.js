'use strict';
const grpc = require('@grpc/grpc-js');
const { unary, clientStream, responseStream, expect, expectOk } = require('./calls');
const { UnimplementedService, INITIAL, TRAILING, zeros, sizeOf } = require('./protocol');

const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const REQUESTS = [27182, 8, 1828, 45904];
const RESPONSES = [31415, 9, 2653, 58979];

const duplexRequest = (response, request) => ({ response_parameters: [{ size: response }], payload: zeros(request) });

async function empty_unary(client) {
  expectOk(await unary(client, 'EmptyCall', {}));
}

async function large_unary(client) {
  const result = await unary(client, 'UnaryCall', { response_size: 314159, payload: zeros(271828) });
  expectOk(result);
  expect('sizes', result.messages.map(sizeOf), [314159]);
}

async function client_streaming(client) {
  const { call, result } = clientStream(client, 'StreamingInputCall');
  for (const size of REQUESTS) call.write({ payload: zeros(size) });
  call.end();
  expectOk(await result);
  expect('sum', (await result).messages[0].aggregated_payload_size, 74922);
}

async function server_streaming(client) {
  const call = client.StreamingOutputCall({ response_parameters: RESPONSES.map(size => ({ size })) });
  const result = await responseStream(call).result;
  expectOk(result);
  expect('sizes', result.messages.map(sizeOf), RESPONSES);
}

async function ping_pong(client) {
  const { call, next, result } = responseStream(client.FullDuplexCall());
  for (let index = 0; index < REQUESTS.length; index++) {
    call.write(duplexRequest(RESPONSES[index], REQUESTS[index]));
    expect('size', sizeOf(await next()), RESPONSES[index]);
  }
  call.end();
  expectOk(await result);
  expect('sizes', (await result).messages.map(sizeOf), RESPONSES);
}

async function empty_stream(client) {
  const { call, result } = responseStream(client.FullDuplexCall());
  call.end();
  expectOk(await result);
  expect('messages', (await result).messages.length, 0);
}

async function timeout_on_sleeping_server(client) {
  const { call, result } = responseStream(client.FullDuplexCall({ deadline: Date.now() + 1 }));
  call.write({ payload: zeros(27182) });
  expect('code', (await result).status.code, grpc.status.DEADLINE_EXCEEDED);
}

async function cancel_after_begin(client) {
  const { call, result } = clientStream(client, 'StreamingInputCall');
  call.cancel();
  expect('code', (await result).status.code, grpc.status.CANCELLED);
}

async function cancel_after_first_response(client) {
  const { call, next, result } = responseStream(client.FullDuplexCall());
  call.write(duplexRequest(31415, 27182));
  await next();
  call.cancel();
  expect('code', (await result).status.code, grpc.status.CANCELLED);
}

async function status_code_and_message(client) {
  const response_status = { code: 2, message: 'test status message' };
  const single = await unary(client, 'UnaryCall', { response_status });
  const { call, result } = responseStream(client.FullDuplexCall());
  call.write({ response_status });
  call.end();
  for (const { status } of [single, await result]) expect('status', [status.code, status.details], [2, response_status.message]);
}

async function special_status_message(client) {
  const { status } = await unary(client, 'UnaryCall', { response_status: { code: 2, message: SPECIAL } });
  expect('status', [status.code, status.details], [2, SPECIAL]);
}

async function unimplemented_method(client) {
  expect('code', (await unary(client, 'UnimplementedCall', {})).status.code, grpc.status.UNIMPLEMENTED);
}

async function unimplemented_service(_, { target }) {
  const client = new UnimplementedService(target, grpc.credentials.createInsecure());
  expect('code', (await unary(client, 'UnimplementedCall', {})).status.code, grpc.status.UNIMPLEMENTED);
  client.close();
}

async function custom_metadata(client) {
  const metadata = new grpc.Metadata();
  metadata.set(INITIAL, 'test_initial_metadata_value');
  metadata.set(TRAILING, Buffer.from([0xab, 0xab, 0xab]));
  const single = await unary(client, 'UnaryCall', { response_size: 314159, payload: zeros(271828) }, metadata);
  const { call, result } = responseStream(client.FullDuplexCall(metadata));
  call.write(duplexRequest(314159, 271828));
  call.end();
  for (const ended of [single, await result]) {
    expectOk(ended);
    expect('initial', ended.initial.get(INITIAL), ['test_initial_metadata_value']);
    expect('trailing', ended.trailing.get(TRAILING).map(value => value.toString('hex')), ['ababab']);
  }
}

module.exports = {
  empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, timeout_on_sleeping_server,
  cancel_after_begin, cancel_after_first_response, status_code_and_message, special_status_message,
  unimplemented_method, unimplemented_service, custom_metadata,
};
