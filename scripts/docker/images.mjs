// Images for tests and the demo, from what a Debian machine has or can fetch from its own mirror: no registry is asked. Each is one
// layer, and stays in the engine until something that it is made of is different.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath, run } from '../lib.mjs';
import { askEngine, socketOf } from './ask.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const label = 'sidings-test.made-of';

const must = async (command, args, options = {}) => {
  const { code, output } = await run(command, args, { capture: true, ...options });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output.trim().slice(-600)}`);
  return output;
};

const busybox = () => {
  const file = ['/usr/bin/busybox', '/bin/busybox'].find((one) => existsSync(one));
  if (file === undefined) throw new Error('busybox is missing; on Debian it is in busybox-static');
  return file;
};

/** A root folder with a shell, its commands, and the two users that anything asks for. */
const baseIn = async (root) => {
  for (const folder of ['bin', 'etc', 'root', 'run', 'tmp', 'usr/bin', 'usr/local/bin', 'var']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  copyFileSync(busybox(), join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const command of (await must(busybox(), ['--list'])).split('\n')) {
    if (command !== '' && command !== 'busybox') symlinkSync('busybox', join(root, 'bin', command));
  }
  symlinkSync('/bin/env', join(root, 'usr/bin/env'));
  symlinkSync('/run', join(root, 'var/run'));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\npostgres:x:999:\nnode:x:1000:\n');
};

/** Copies a file of a system to the same place below a root, and what a symbolic link there leads to. */
const copyInto = (root, system, file) => {
  const to = join(root, file);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(realpathSync(join(system, file)), to);
  chmodSync(to, 0o755);
};

/** Copies programs of a system and the libraries that they are linked with. */
const copyPrograms = async (root, system, files) => {
  const loader = ['lib64', 'lib', 'usr/lib64', 'usr/lib']
    .flatMap((folder) =>
      existsSync(join(system, folder)) ? readdirSync(join(system, folder)).map((one) => `/${folder}/${one}`) : [],
    )
    .find((file) => /\/ld-linux[^/]*\.so\.\d+$/.test(file));
  if (loader === undefined) throw new Error(`${system} has no dynamic loader`);
  const needed = new Set([loader]);
  for (const file of files) {
    const list =
      system === '/' ? await must(loader, ['--list', file]) : await must('chroot', [system, loader, '--list', file]);
    for (const [, library] of list.matchAll(/(\/[^\s]+\.so[^\s]*) \(0x/g)) needed.add(library);
    needed.add(file);
  }
  for (const file of needed) copyInto(root, system, file);
};

/** The files of Debian packages and of all that they depend on, without installing any of them. */
const packagesIn = async (root, names) => {
  const cache = `${root}.packages`;
  mkdirSync(`${cache}/archives/partial`, { recursive: true });
  writeFileSync(`${cache}/status`, '');
  // As if nothing were installed, so that what this machine happens to have is not left out.
  const options = [
    `Dir::State::status=${cache}/status`,
    `Dir::Cache::archives=${cache}/archives`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
  ];
  const fetch = [
    'install',
    '--download-only',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...options.flatMap((one) => ['-o', one]),
    ...names,
  ];
  const { code } = await run('apt-get', fetch, { capture: true });
  if (code !== 0) {
    await must('apt-get', ['update', '-qq']);
    await must('apt-get', fetch);
  }
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', folder), { recursive: true });
    symlinkSync(`usr/${folder}`, join(root, folder));
  }
  for (const file of readdirSync(`${cache}/archives`)) {
    if (file.endsWith('.deb')) await must('dpkg-deb', ['-x', `${cache}/archives/${file}`, root]);
  }
  rmSync(cache, { recursive: true });
};

const debian = () => (existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '');

/** One image: what it is made of beside these scripts, its files, and its settings as a Dockerfile has them. */
const images = {
  'sidings-test/busybox': {
    madeOf: () => statSync(busybox()).size,
    fill: baseIn,
    changes: ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'CMD ["sh"]'],
  },
  'sidings-test/node': {
    madeOf: () => process.version,
    fill: async (root) => {
      await baseIn(root);
      const node = realpathSync(process.execPath);
      await copyPrograms(root, '/', [node]);
      // Add-ons in native code, such as that of Vite, are linked with more of glibc than Node is.
      for (const folder of readdirSync(join(root, 'lib'))) {
        const library = `/lib/${folder}/librt.so.1`;
        if (existsSync(library)) copyInto(root, '/', library);
      }
      symlinkSync(node, join(root, 'usr/local/bin/node'));
    },
    changes: ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'CMD ["node"]'],
  },
  'sidings-test/postgres': {
    madeOf: debian,
    packages: ['postgresql'],
    fill: async (root, system) => {
      await baseIn(root);
      const [version] = readdirSync(join(system, 'usr/lib/postgresql'));
      const home = `usr/lib/postgresql/${version}`;
      const programs = [
        'createdb',
        'dropdb',
        'initdb',
        'pg_ctl',
        'pg_dump',
        'pg_dumpall',
        'pg_isready',
        'pg_restore',
        'postgres',
        'psql',
      ];
      await copyPrograms(
        root,
        system,
        programs.map((program) => `/${home}/bin/${program}`),
      );
      // Compiling queries at run time would take LLVM along, which is larger than all the rest.
      const kept = (file) => !/llvm|bitcode|\/locale$/.test(file);
      for (const folder of [`${home}/lib`, `usr/share/postgresql/${version}`]) {
        cpSync(join(system, folder), join(root, folder), { recursive: true, filter: kept });
      }
      for (const folder of ['usr/share/zoneinfo', 'usr/lib/locale']) {
        cpSync(join(system, folder), join(root, folder), { recursive: true, verbatimSymlinks: true });
      }
      for (const program of programs) symlinkSync(`/${home}/bin/${program}`, join(root, 'usr/local/bin', program));
      copyFileSync(here('postgres-entrypoint.sh'), join(root, 'usr/local/bin/docker-entrypoint.sh'));
      chmodSync(join(root, 'usr/local/bin/docker-entrypoint.sh'), 0o755);
      mkdirSync(join(root, 'docker-entrypoint-initdb.d'));
      mkdirSync(join(root, 'var/lib/postgresql'), { recursive: true });
    },
    changes: [
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
      'ENV PGDATA=/var/lib/postgresql/data',
      'VOLUME ["/var/lib/postgresql/data"]',
      'EXPOSE 5432',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["postgres"]',
    ],
  },
  'sidings-test/redis': {
    madeOf: debian,
    packages: ['redis-server'],
    fill: async (root, system) => {
      await baseIn(root);
      await copyPrograms(root, system, ['/usr/bin/redis-server', '/usr/bin/redis-cli']);
      mkdirSync(join(root, 'data'));
    },
    changes: [
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
      'VOLUME ["/data"]',
      'WORKDIR /data',
      'EXPOSE 6379',
      'CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]',
    ],
  },
};

const scripts = ['images.mjs', 'postgres-entrypoint.sh'].map((file) => readFileSync(here(file)));

const identityOf = ({ madeOf }) => {
  const hash = createHash('sha256');
  for (const part of [...scripts, String(madeOf()), arch()]) hash.update(part);
  return hash.digest('hex').slice(0, 16);
};

/** Why images cannot be built here; undefined where they can. */
const obstacle = () => {
  const missing = ['apt-get', 'busybox', 'dpkg-deb', 'tar'].filter((command) => !onPath(command));
  if (missing.length > 0) return `building images needs ${missing.join(', ')}`;
  return process.getuid?.() === 0 ? undefined : 'building images needs root';
};

/** Makes sure that an engine has all of the images. Rejects where one is missing and cannot be built. */
export const ensureImages = async (host, tell = () => {}) => {
  const socket = socketOf(host);
  const absent = [];
  for (const [name, image] of Object.entries(images)) {
    const inspected = await askEngine(socket, 'GET', `/images/${name}/json`).catch(() => undefined);
    const identity = identityOf(image);
    if (inspected?.Config?.Labels?.[label] !== identity) absent.push({ name, image, identity, old: inspected?.Id });
  }
  if (absent.length === 0) return;
  const why = obstacle();
  if (why !== undefined) throw new Error(`${absent.map(({ name }) => name).join(', ')} cannot be built: ${why}`);

  tell(`building ${absent.map(({ name }) => name).join(', ')}`);
  const work = mkdtempSync(join(tmpdir(), 'sidings-images-'));
  try {
    const packages = absent.flatMap(({ image }) => image.packages ?? []);
    const system = join(work, 'debian');
    if (packages.length > 0) await packagesIn(system, packages);
    for (const { name, image, identity, old } of absent) {
      const root = join(work, name.replace('/', '-'));
      mkdirSync(root);
      await image.fill(root, system);
      const changes = [...image.changes, `LABEL ${label}=${identity}`].map(
        (one) => `&changes=${encodeURIComponent(one)}`,
      );
      const tar = spawn('tar', ['--numeric-owner', '--owner=0', '--group=0', '--sort=name', '-C', root, '-c', '.'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await askEngine(
        socket,
        'POST',
        `/images/create?fromSrc=-&repo=${name}&tag=latest${changes.join('')}`,
        tar.stdout,
      );
      // One that containers still use stays until it is replaced again.
      if (old !== undefined) await askEngine(socket, 'DELETE', `/images/${old}`).catch(() => {});
      rmSync(root, { recursive: true });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};
