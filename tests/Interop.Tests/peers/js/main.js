'use strict';
// The interop cases with @grpc/grpc-js: "server SOCKET" or "client TARGET [LIMIT...]".

const [role, target, ...limits] = process.argv.slice(2);
if (role === 'server' && target) {
  require('./server').serve(target);
} else if (role === 'client' && target) {
  require('./client').run(target, new Set(limits));
} else {
  console.error('server SOCKET | client TARGET [LIMIT...]');
  process.exit(2);
}
