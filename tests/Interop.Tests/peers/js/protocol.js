'use strict';
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync(path.join(__dirname, 'test.proto'), { keepCase: true, defaults: false });
const { TestService, UnimplementedService } = grpc.loadPackageDefinition(definition).grpc.testing;

module.exports = {
  TestService,
  UnimplementedService,
  INITIAL: 'x-grpc-test-echo-initial',
  TRAILING: 'x-grpc-test-echo-trailing-bin',
  zeros: size => ({ body: Buffer.alloc(size) }),
  sizeOf: message => message?.payload?.body?.length ?? 0,
};
