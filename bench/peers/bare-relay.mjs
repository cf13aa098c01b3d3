// `node bare-relay.mjs UPSTREAM_PORT` prints its own.
import { connect, createServer } from 'node:net';

const upstreamPort = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true });
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
