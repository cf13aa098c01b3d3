import { execFile, spawn } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { engine } from './docker.ts';
import { fileOf } from './requirements.ts';

const exec = promisify(execFile);

/** Builds an image from the files that `fill` puts into a folder and the rest of a Dockerfile; the same files are built once. */
const buildImage = async (
  name: string,
  from: string,
  fill: (root: string) => Promise<void>,
  lines: readonly string[] = [],
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sidings-image-'));
  try {
    await mkdir(`${folder}/root`);
    await fill(`${folder}/root`);
    await writeFile(`${folder}/Dockerfile`, [`FROM ${from}`, 'COPY root/ /', ...lines, ''].join('\n'));
    const tar = spawn('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', folder, '-c', '.']);
    const docker = engine();
    const stream = await docker.buildImage(tar.stdout, { t: name });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
    return name;
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Copies a file of this machine to the same place below a folder, and what a symbolic link there leads to. */
const copyTo = async (root: string, file: string): Promise<void> => {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await copyFile(await realpath(file), join(root, file));
};

/** What the official image of Node has and that of the tests has not: npm, set up to find its registry as npm does on this machine. */
export const buildNodeWithNpm = async (): Promise<string> => {
  const npm = dirname(dirname(await realpath(fileOf('npm') ?? 'npm')));
  const { stdout: output } = await exec('npm', ['config', 'list', '--json']);
  const { registry, cafile, globalconfig } = JSON.parse(output) as Record<string, string | null>;
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  return buildImage(
    'sidings-test/node-npm',
    'sidings-test/node',
    async (root) => {
      await cp(npm, `${root}/usr/lib/node_modules/npm`, { recursive: true });
      await mkdir(`${root}/usr/local/bin`, { recursive: true });
      await symlink('/usr/lib/node_modules/npm/bin/npm-cli.js', `${root}/usr/local/bin/npm`);
      for (const file of new Set([cafile, certificates])) if (file) await copyTo(root, file);
      const settings = [`registry=${registry}`, ...(cafile ? [`cafile=${cafile}`] : []), 'update-notifier=false', ''];
      if (globalconfig) {
        await mkdir(dirname(join(root, globalconfig)), { recursive: true });
        await writeFile(join(root, globalconfig), settings.join('\n'));
      }
    },
    certificates ? [`ENV NODE_EXTRA_CA_CERTS=${certificates}`] : [],
  );
};

/** HAProxy of this machine, with the libraries that it is linked with. */
export const buildHaproxy = (): Promise<string> =>
  buildImage('sidings-test/haproxy', 'sidings-test/busybox', async (root) => {
    const file = fileOf('haproxy') ?? 'haproxy';
    const { stdout: output } = await exec('ldd', [file]);
    const libraries = [...output.matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library);
    for (const one of [file, ...libraries]) await copyTo(root, one);
    await mkdir(`${root}/usr/local/bin`, { recursive: true });
    await symlink(file, `${root}/usr/local/bin/haproxy`);
  });
