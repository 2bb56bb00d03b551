'use strict';
const grpc = require('@grpc/grpc-js');
const flags = require('./flags');
const { TestService, INITIAL, TRAILING, zeros } = require('./protocol');

// The library's server cannot compress: response_compressed is out of its reach.

function serve(socket) {
  flags.watchRequests();
  const server = new grpc.Server();
  server.addService(TestService.service, { EmptyCall, UnaryCall, StreamingOutputCall, StreamingInputCall, FullDuplexCall });
  const credentials = grpc.ServerCredentials.createInsecure();
  server.bindAsync(`unix:${socket}`, credentials, failedOnSocket => {
    server.bindAsync('127.0.0.1:0', credentials, (failedOnPort, port) => {
      if (failedOnSocket || failedOnPort) throw failedOnSocket ?? failedOnPort;
      console.log(port);
    });
  });
  process.stdin.on('end', () => server.forceShutdown()).resume();
}

function EmptyCall(call, callback) {
  callback(null, {});
}

function UnaryCall(call, callback) {
  const trailers = echo(call);
  const failure = refusal(call, call.request.expect_compressed) ?? wanted(call.request.response_status);
  if (failure) callback(failure, null, trailers);
  else callback(null, { payload: zeros(call.request.response_size ?? 0) }, trailers);
}

function StreamingOutputCall(call) {
  answer(call, call.request);
  call.end();
}

function StreamingInputCall(call, callback) {
  let sum = 0;
  let failure;
  call.on('data', request => {
    failure ??= refusal(call, request.expect_compressed);
    sum += request.payload?.body?.length ?? 0;
    if (failure) callback(failure);
  });
  call.on('end', () => failure || callback(null, { aggregated_payload_size: sum }));
}

function FullDuplexCall(call) {
  const trailers = echo(call);
  call.on('data', request => {
    const failure = wanted(request.response_status);
    if (failure) call.emit('error', failure);
    else answer(call, request);
  });
  call.on('end', () => call.end(trailers));
}

function answer(call, request) {
  for (const { size = 0 } of request.response_parameters ?? []) call.write({ payload: zeros(size) });
}

function wanted(status) {
  return status?.code ? { code: status.code, details: status.message } : undefined;
}

function refusal(call, expected) {
  const compressed = flags.nextRequest(call);
  return expected && (expected.value ?? false) !== compressed
    ? { code: grpc.status.INVALID_ARGUMENT, details: `compressed: ${compressed}, expected: ${expected.value ?? false}` }
    : undefined;
}

// Sends the initial metadata; returns the trailing.
function echo(call) {
  const [initial, trailing] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get(INITIAL)) initial.add(INITIAL, value);
  for (const value of call.metadata.get(TRAILING)) trailing.add(TRAILING, value);
  if (call.metadata.get(INITIAL).length) call.sendMetadata(initial);
  return trailing;
}

module.exports = { serve };
