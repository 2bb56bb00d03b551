'use strict';
// Whether a received message came compressed. The library shows the flag to nobody, so it is read where the library reads it:
// both functions get the message with its prefix, and are not part of the public API.
const { CompressionFilter } = require('@grpc/grpc-js/build/src/compression-filter');
const { BaseServerInterceptingCall } = require('@grpc/grpc-js/build/src/server-interceptors');

const FLAGS = Symbol('flags');

/** On the client, where one call runs at a time: the flags of the responses, oldest first. */
const responses = [];

function watchResponses() {
  const receive = CompressionFilter.prototype.receiveMessage;
  CompressionFilter.prototype.receiveMessage = async function (message) {
    responses.push((await message).readUInt8(0) === 1);
    return receive.call(this, message);
  };
}

function watchRequests() {
  const push = BaseServerInterceptingCall.prototype.decompressAndMaybePush;
  BaseServerInterceptingCall.prototype.decompressAndMaybePush = function (entry) {
    (this[FLAGS] ??= []).push(entry.compressedMessage.readUInt8(0) === 1);
    return push.call(this, entry);
  };
}

/** On the server: the flag of the call's next message. */
const nextRequest = call => call.call[FLAGS].shift();

module.exports = { responses, watchResponses, watchRequests, nextRequest };
