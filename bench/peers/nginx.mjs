import { mkdirSync, writeFileSync } from 'node:fs';
import { freePort, proxyCore, start, versionOf } from '../machine.mjs';
import { hostname } from './peer.mjs';

const configuration = ({ folder, http, https, upstream, certificate }) => `
daemon off; master_process off; worker_processes 1;
pid ${folder}/pid; error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 100000000; client_max_body_size 0; proxy_request_buffering off; proxy_max_temp_file_size 0;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream web { server 127.0.0.1:${upstream.port}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${http} backlog=4096;
    listen 127.0.0.1:${https} ssl http2;
    server_name ${hostname};
    ssl_certificate ${certificate.file}; ssl_certificate_key ${certificate.key};
    location / {
      proxy_pass http://web; proxy_http_version 1.1; proxy_read_timeout 600s;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;

export const nginx = {
  name: 'nginx',
  version: () => versionOf('nginx', ['-v'], /nginx\/([\d.]+)/),
  start: async ({ folder, ...others }) => {
    const [http, https] = [await freePort(), await freePort()];
    mkdirSync(folder);
    writeFileSync(`${folder}/nginx.conf`, configuration({ folder, http, https, ...others }));
    const child = start(proxyCore, 'nginx', ['-p', folder, '-c', `${folder}/nginx.conf`]);
    return { http, https, child };
  },
};
