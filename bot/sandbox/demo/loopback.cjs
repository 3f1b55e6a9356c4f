// Agents Playground listens on all interfaces and asks nobody for a password. Loaded before it
// (node --require), this lets a server that names no address listen on loopback only.
const net = require("node:net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  const named = typeof rest[0] === "string";
  return typeof port === "number" && !named
    ? listen.call(this, port, "127.0.0.1", ...rest)
    : listen.call(this, port, ...rest);
};
