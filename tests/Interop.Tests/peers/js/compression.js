'use strict';
const grpc = require('@grpc/grpc-js');
const flags = require('./flags');
const { unary, clientStream, responseStream, expect, expectOk } = require('./calls');
const { TestService, zeros, sizeOf } = require('./protocol');

const NO_COMPRESS = 2; // a write flag, the same in every gRPC library

// The compression is the channel's; single messages go without by their write flags, which only an interceptor can set.
const gzipClient = target => new TestService(target, grpc.credentials.createInsecure(), { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });

const uncompressed = isPlain => (options, nextCall) => {
  let index = 0;
  return new (class extends grpc.InterceptingCall {
    sendMessageWithContext(context, message) {
      super.sendMessageWithContext({ ...context, flags: isPlain[index++] ? NO_COMPRESS : 0 }, message);
    }
  })(nextCall(options));
};

async function client_compressed_unary(client, { target, limits }) {
  const request = { expect_compressed: { value: true }, response_size: 314159, payload: zeros(271828) };
  if (!limits.has('blind')) expect('probe', (await unary(client, 'UnaryCall', request)).status.code, grpc.status.INVALID_ARGUMENT);
  const gzip = gzipClient(target);
  for (const value of [true, false]) {
    const options = { interceptors: [uncompressed([!value])] };
    const result = await unary(gzip, 'UnaryCall', { ...request, expect_compressed: { value } }, options);
    expectOk(result);
    expect('sizes', result.messages.map(sizeOf), [314159]);
  }
  gzip.close();
}

async function client_compressed_streaming(client, { target, limits }) {
  if (!limits.has('blind')) {
    const { call, result } = clientStream(client, 'StreamingInputCall');
    call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
    call.end();
    expect('probe', (await result).status.code, grpc.status.INVALID_ARGUMENT);
  }
  const gzip = gzipClient(target);
  const { call, result } = clientStream(gzip, 'StreamingInputCall', { interceptors: [uncompressed([false, true])] });
  call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
  call.write({ expect_compressed: { value: false }, payload: zeros(45904) });
  call.end();
  expectOk(await result);
  expect('sum', (await result).messages[0].aggregated_payload_size, 73086);
  gzip.close();
}

async function server_compressed_unary(client, { target, limits }) {
  const asking = limits.has('mirrors') ? gzipClient(target) : client;
  for (const value of [true, false]) {
    flags.responses.length = 0;
    const result = await unary(value ? asking : client, 'UnaryCall', { response_compressed: { value }, response_size: 314159, payload: zeros(271828) });
    expectOk(result);
    expect('sizes', result.messages.map(sizeOf), [314159]);
    expect('compressed', flags.responses, [value]);
  }
}

async function server_compressed_streaming(client, { target, limits }) {
  const asking = limits.has('mirrors') ? gzipClient(target) : client;
  const call = asking.StreamingOutputCall({
    response_parameters: [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }],
  });
  const result = await responseStream(call).result;
  expectOk(result);
  expect('sizes', result.messages.map(sizeOf), [31415, 92653]);
  expect('compressed', flags.responses, [true, limits.has('mirrors')]);
}

module.exports = { client_compressed_unary, server_compressed_unary, client_compressed_streaming, server_compressed_streaming };
