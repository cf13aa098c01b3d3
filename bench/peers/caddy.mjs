import { mkdirSync, writeFileSync } from 'node:fs';
import { freePort, proxyCore, start, versionOf } from '../machine.mjs';
import { hostname } from './peer.mjs';

const configuration = ({ http, https, upstream, certificate }) => `
{
  admin off
  auto_https off
  http_port ${http}
  https_port ${https}
  log { 
    level ERROR
  }
}
http://${hostname}:${http} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream.port}
}
https://${hostname}:${https} {
  bind 127.0.0.1
  tls ${certificate.file} ${certificate.key}
  reverse_proxy 127.0.0.1:${upstream.port}
}
`;

export const caddy = {
  name: 'Caddy',
  version: () => versionOf('caddy', ['version'], /v?([\d.]+)/),
  start: async ({ folder, ...others }) => {
    const [http, https] = [await freePort(), await freePort()];
    mkdirSync(folder);
    writeFileSync(`${folder}/Caddyfile`, configuration({ http, https, ...others }));
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, GOMAXPROCS: '1' };
    const child = start(proxyCore, 'caddy', ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'], {
      env,
    });
    return { http, https, child };
  },
};
