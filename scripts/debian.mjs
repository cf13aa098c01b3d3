// Debian packages that tests use. Installed only by root on Debian; elsewhere the tests that need them say what is missing.
import { readFileSync } from 'node:fs';
import { onPath, run } from './lib.mjs';

/** Command that the tests call, and the Debian packages that bring it. */
const commands = {
  certtool: 'gnutls-bin',
  certutil: 'libnss3-tools',
  chromium: 'chromium',
  curl: 'curl',
  busybox: 'busybox-static',
  'docker-compose': 'docker-compose',
  dockerd: 'docker.io',
  faketime: 'faketime',
  git: 'git',
  h2load: 'nghttp2-client',
  haproxy: 'haproxy',
  ip: 'iproute2',
  iptables: 'iptables',
  nghttp: 'nghttp2-client',
  openssl: 'openssl',
  pg_dump: 'postgresql-client',
  psql: 'postgresql-client',
  python3: 'python3',
  'redis-server': 'redis-server',
  testssl: 'testssl.sh',
  // It speaks WebSocket by a package that has no command.
  uvicorn: ['uvicorn', 'python3-websockets'],
};

const isDebian = () => {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
};

export const ensureDebianPackages = async () => {
  const missing = Object.entries(commands).filter(([command]) => !onPath(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap(([, names]) => names))];
  if (process.getuid?.() !== 0 || !isDebian()) {
    console.log(`Some tests will be skipped. To run them: sudo apt-get install ${packages.join(' ')}`);
    return;
  }
  console.log(`Installing Debian packages: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  const { code } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  if (code !== 0) console.log('apt-get failed; the tests that need these packages will say so.');
};
