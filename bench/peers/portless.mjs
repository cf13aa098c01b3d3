import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { root } from '../../scripts/lib.mjs';
import { freePort, proxyCore, start } from '../machine.mjs';
import { hostname } from './peer.mjs';

const cache = `${root}node_modules/.cache/bench-portless`;
const file = (path) => `${cache}/node_modules/${path}`;

/** Installs it on first use, with the newest Node, which it asks for. */
const install = () => {
  if (existsSync(file('portless/package.json'))) return;
  mkdirSync(cache, { recursive: true });
  const packages = ['portless', 'node@24'];
  execFileSync('npm', ['install', '--prefix', cache, '--no-audit', '--no-fund', '--silent', ...packages]);
};

export const portless = {
  name: 'portless',
  version: () => {
    try {
      install();
      return JSON.parse(readFileSync(file('portless/package.json'))).version;
    } catch {
      return undefined;
    }
  },
  start: async ({ folder, upstream, certificate }) => {
    mkdirSync(folder);
    const env = {
      ...process.env,
      HOME: folder,
      CI: '1',
      PORTLESS_STATE_DIR: folder,
      PORTLESS_SYNC_HOSTS: '0',
      NODE_ENV: 'production',
    };
    const node = createRequire(`${cache}/`).resolve('node/bin/node');
    const command = file('portless/dist/cli.js');
    const [http, https] = [await freePort(), await freePort()];
    const proxy = (port, ...args) => {
      // A folder of its own for each: a proxy there stands for all.
      const own = { ...env, PORTLESS_STATE_DIR: `${folder}/${port}`, PORTLESS_PORT: String(port) };
      mkdirSync(own.PORTLESS_STATE_DIR);
      execFileSync(node, [command, 'alias', hostname.replace('.localhost', ''), String(upstream.port)], { env: own });
      return start(proxyCore, node, [command, 'proxy', 'start', '--foreground', '--port', String(port), ...args], {
        env: own,
      });
    };
    const child = proxy(http, '--no-tls');
    proxy(https, '--cert', certificate.file, '--key', certificate.key);
    return { http, https, child };
  },
};
