import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { freePort, proxyCore, start, versionOf } from '../machine.mjs';
import { hostname } from './peer.mjs';

const configuration = ({ folder, http, https, upstream }) => `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
frontend all
  bind 127.0.0.1:${http}
  bind 127.0.0.1:${https} ssl crt ${folder}/both.pem alpn h2,http/1.1
  option forwardfor
  use_backend web if { hdr(host),host_only -i ${hostname} }
backend web
  http-reuse safe
  server web 127.0.0.1:${upstream.port}
`;

export const haproxy = {
  name: 'HAProxy',
  version: () => versionOf('haproxy', ['-v'], /version ([\d.]+)/),
  start: async ({ folder, upstream, certificate }) => {
    const [http, https] = [await freePort(), await freePort()];
    mkdirSync(folder);
    writeFileSync(`${folder}/both.pem`, `${readFileSync(certificate.file)}${readFileSync(certificate.key)}`, {
      mode: 0o600,
    });
    writeFileSync(`${folder}/haproxy.cfg`, configuration({ folder, http, https, upstream }));
    const child = start(proxyCore, 'haproxy', ['-db', '-f', `${folder}/haproxy.cfg`]);
    return { http, https, child };
  },
};
