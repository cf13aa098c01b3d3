// Shared by the scripts. Plain JavaScript without dependencies: these run before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const bin = (name) => `${root}node_modules/.bin/${name}`;

export const onPath = (command) =>
  (process.env.PATH ?? '').split(':').some((folder) => folder && existsSync(`${folder}/${command}`));

/** Runs a command without a shell; gives its exit code and, with `capture`, what it printed. */
export const run = (command, args, { capture = false, ...options } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: capture ? 'pipe' : 'inherit', ...options });
    let output = '';
    child.stdout?.on('data', (data) => {
      output += data;
    });
    child.stderr?.on('data', (data) => {
      output += data;
    });
    child.on('error', (error) => resolve({ code: 127, output: `${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }));
  });

/** Runs a command and ends this process when it fails. */
export const must = async (command, args, options) => {
  const { code, output } = await run(command, args, options);
  if (code !== 0) {
    process.stderr.write(output);
    process.exit(code);
  }
};

/** Installs the npm packages of a folder when they are absent or older than its lock file. */
export const ensurePackages = async (directory = root) => {
  const installed = `${directory}/node_modules/.package-lock.json`;
  const lock = `${directory}/package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log(`Installing npm packages in ${directory}`);
  await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: directory });
};
