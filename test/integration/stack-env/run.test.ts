import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { serviceLogFile } from '../../../src/feedback/service-log.ts';
import { eventually } from '../../support/raw.ts';
import { type Copies, openCopies, type StartOptions, stackEnvFile } from '../../support/stack-env.ts';

const run = (copies: Copies, args: readonly string[], options: StartOptions = {}) =>
  copies.start(process.execPath, [stackEnvFile, 'run', ...args], {
    cwd: copies.path('project-3'),
    input: '',
    ...options,
  });
const logOf = (copies: Copies, service: string) =>
  readFile(serviceLogFile(copies.path('.state'), copies.path('project-3'), service), 'utf8');
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Kills a process that a test left on purpose. */
const later = (pid: number): void =>
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });

test.each([[['run']], [['run', '--service', 'api']]])(
  '%j: environment, folder, input, output and exit code',
  async (args) => {
    const copies = await openCopies(['project', 'project-3']);
    await mkdir(copies.path('project-3/web'));
    const script = 'cat; echo $API_PORT $STACK_NAME $OTHER; pwd; echo error >&2; exit 7';
    for (const [copy, port] of [
      ['project', 8000],
      ['project-3', 8003],
    ] as const) {
      await mkdir(copies.path(copy, 'web'), { recursive: true });
      const { ended } = copies.start(process.execPath, [stackEnvFile, ...args, '--', 'sh', '-c', script], {
        cwd: copies.path(copy, 'web'),
        env: { OTHER: 'kept' },
        input: 'from stdin\n',
      });
      expect(await ended).toEqual({
        code: 7,
        signal: undefined,
        stdout: `from stdin\n${port} ${copy} kept\n${copies.path(copy, 'web')}\n`,
        stderr: 'error\n',
      });
    }
  },
);

test('everything behind the command is the command’s, with and without --', async () => {
  const copies = await openCopies(['project-3']);
  for (const start of [[], ['--']]) {
    const { ended } = run(copies, [...start, 'printf', '%s,', '--json', '--dir', '--', 'a b', '--service']);
    expect((await ended).stdout).toBe('--json,--dir,--,a b,--service,');
  }
});

test('with --dir the command runs in that folder', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const script = 'echo $API_PORT; pwd -P; echo "$PWD"';
  const { ended } = run(copies, ['--dir', '../project-2', '--', 'sh', '-c', script]);
  expect((await ended).stdout).toBe(`8002\n${copies.path('project-2')}\n${copies.path('project-2')}\n`);
});

test('rejected: the command does not run; with --replace it does, with what this copy owns', async () => {
  const copies = await openCopies(['project-2', 'project-3']);
  const env = { API_PORT: '8002' };
  const rejected = await run(copies, ['--', 'touch', 'ran'], { env }).ended;
  expect(rejected).toMatchObject({ code: 3, stdout: '' });
  expect(rejected.stderr).toContain('API_PORT (shell) is 8002, which belongs to project-2; project-3 needs 8003.');
  expect(existsSync(copies.path('project-3/ran'))).toBe(false);
  const replaced = await run(copies, ['--replace', '--', 'sh', '-c', 'echo $API_PORT'], { env }).ended;
  expect(replaced).toMatchObject({ code: 0, stdout: '8003\n', stderr: '' });
});

test.each([[[]], [['--service', 'api']]])('%j: a command that cannot be started', async (args) => {
  const copies = await openCopies(['project-3']);
  await copies.write('project-3/plain.txt', 'text');
  for (const [command, reason] of [
    ['no-such-command', 'no such file or folder'],
    ['./plain.txt', 'permission denied'],
    ['', ''],
  ] as const) {
    const { code, stderr } = await run(copies, [...args, '--', command]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`stack-env: The command ${command} could not be started: ${reason}`);
    expect(stderr).not.toMatch(/^ +at /m);
  }
});

test.each([[[]], [['--service', 'api']]])(
  '%j: a command that ends by a signal ends stack-env by the same',
  async (args) => {
    const copies = await openCopies(['project-3']);
    for (const signal of ['TERM', 'INT', 'HUP', 'KILL', 'USR1'])
      expect(await run(copies, [...args, '--', 'sh', '-c', `kill -${signal} $$`]).ended).toMatchObject({
        code: undefined,
        signal: `SIG${signal}`,
      });
    expect(await run(copies, [...args, '--', 'sh', '-c', 'kill -PIPE $$']).ended).toMatchObject({ code: 141 });
    expect(await run(copies, [...args, '--', 'sh', '-c', 'ulimit -c 0; kill -ABRT $$']).ended).toMatchObject({
      code: 134,
    });
  },
);

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT'] as const)(
  '%s goes to the command, which ends as it wants to',
  async (signal) => {
    const copies = await openCopies(['project-3']);
    const name = signal.slice(3);
    const script = `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.01; done`;
    const started = run(copies, ['--service', 'api', '--', 'sh', '-c', script]);
    await eventually(() => started.output().includes('ready'));
    started.child.kill(signal);
    expect(await started.ended).toMatchObject({ code: 9, signal: undefined, stdout: `ready\ngot ${name}\n` });
  },
);

test.runIf(process.platform === 'linux')('Ctrl-C in a terminal reaches the command once', async () => {
  const copies = await openCopies(['project-3']);
  const counter = copies.path('count');
  const program = copies.path('project-3/count.mjs');
  await copies.write(
    'project-3/count.mjs',
    `import { appendFileSync } from 'node:fs';
     process.on('SIGINT', () => { appendFileSync(${JSON.stringify(counter)}, 'x'); setTimeout(() => process.exit(5), 300); });
     setInterval(() => undefined, 1000);
     console.log('rea' + 'dy', process.stdout.isTTY === true, process.stdin.isTTY === true);`,
  );
  for (const [args, tty] of [
    ['', 'true true'],
    ['--service api', 'false true'],
  ] as const) {
    await writeFile(counter, '');
    // The shell gets the signal as well, and is to live on.
    const command = `trap : INT; '${process.execPath}' '${stackEnvFile}' run ${args} -- '${process.execPath}' '${program}'; echo "code $?"`;
    const started = copies.start('script', ['-qefc', command, '/dev/null'], { cwd: copies.path('project-3') });
    await eventually(() => started.output().includes(`ready ${tty}`));
    started.child.stdin?.write('\u0003');
    await eventually(() => started.output().includes('code 5'), started.output());
    expect(await readFile(counter, 'utf8')).toBe('x');
  }
});

test.runIf(process.platform === 'linux')(
  'in a terminal a command keeps its colours though its output is kept',
  async () => {
    const copies = await openCopies(['project-3']);
    const command = `'${process.execPath}' '${stackEnvFile}' run --service api -- sh -c 'echo "level=$FORCE_COLOR;"'`;
    const script = (env: Record<string, string>) =>
      copies.start('script', ['-qefc', command, '/dev/null'], { cwd: copies.path('project-3'), input: '', env }).ended;
    expect((await script({ TERM: 'xterm-256color' })).stdout).toContain('level=2;');
    expect((await script({ TERM: 'xterm', NO_COLOR: '1' })).stdout).toContain('level=;');
    expect((await run(copies, ['--service', 'api', '--', 'sh', '-c', 'echo "level=$FORCE_COLOR;"']).ended).stdout).toBe(
      'level=;\n',
    );
  },
);

test('the output is also in the log of the service, byte for byte, after what was there', async () => {
  const copies = await openCopies(['project-3']);
  const program = copies.path('project-3/bytes.mjs');
  await copies.write(
    'project-3/bytes.mjs',
    `const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
     process.stdout.write(all); process.stdout.write('no line end');`,
  );
  await run(copies, ['--service', 'web', '--', 'echo', 'earlier']).ended;
  await run(copies, ['--service', 'web', '--', process.execPath, program]).ended;
  const log = serviceLogFile(copies.path('.state'), copies.path('project-3'), 'web');
  const expected = Buffer.concat([
    Buffer.from('earlier\n'),
    Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
    Buffer.from('no line end'),
  ]);
  expect((await readFile(log)).equals(expected)).toBe(true);
});

test('bytes pass as they come: a prompt without a line end, then more', async () => {
  const copies = await openCopies(['project-3']);
  const started = run(
    copies,
    ['--service', 'api', '--', 'sh', '-c', 'printf "name? "; read name; echo "hello $name"'],
    {},
  );
  const asking = copies.start(
    process.execPath,
    [stackEnvFile, 'run', '--service', 'web', '--', 'sh', '-c', 'printf "name? "; read name; echo "hello $name"'],
    { cwd: copies.path('project-3') },
  );
  await eventually(() => asking.output() === 'name? ');
  await eventually(async () => (await logOf(copies, 'web')) === 'name? ');
  asking.child.stdin?.write('Ada\n');
  expect((await asking.ended).stdout).toBe('name? hello Ada\n');
  expect((await started.ended).stdout).toBe('name? hello \n');
});

test('nothing of a large output is lost, whatever the reader’s pace, and little is kept in memory', async () => {
  const copies = await openCopies(['project-3']);
  const lines = 400_000;
  const started = run(copies, ['--service', 'api', '--', 'seq', String(lines)]);
  started.child.stdout?.pause();
  await eventually(async () => (await logOf(copies, 'api').catch(() => '')).length > 0);
  started.child.stdout?.resume();
  const { code, stdout } = await started.ended;
  expect(code).toBe(0);
  expect(stdout.length).toBe(
    Array.from({ length: lines }, (_, index) => String(index + 1).length + 1).reduce((a, b) => a + b),
  );
  expect(stdout.endsWith(`${lines}\n`)).toBe(true);
  expect((await logOf(copies, 'api')).endsWith(`${lines}\n`)).toBe(true);
});

test('a reader that leaves ends the command as it would without us in between', async () => {
  const copies = await openCopies(['project-3']);
  const command = `'${process.execPath}' '${stackEnvFile}' run --service api -- yes | head -n 1`;
  const { ended } = copies.start('sh', ['-c', command], { cwd: copies.path('project-3') });
  expect(await ended).toMatchObject({ code: 0, stdout: 'y\n' });
});

test('the command may open its output by name', async () => {
  const copies = await openCopies(['project-3']);
  const script = 'echo one >/dev/stdout; echo two >/dev/stderr';
  const { ended } = run(copies, ['--service', 'api', '--', 'sh', '-c', script], { env: { TMPDIR: copies.folder } });
  expect(await ended).toEqual({ code: 0, signal: undefined, stdout: 'one\n', stderr: 'two\n' });
  expect((await readdir(copies.folder)).sort()).toEqual(['.state', 'project-3']);
});

test('without a place for pipes, or the program that makes them, the output passes all the same', async () => {
  const copies = await openCopies(['project-3']);
  for (const env of [{ TMPDIR: copies.path('nowhere') }, { PATH: copies.path('nowhere') }]) {
    const { ended } = run(copies, ['--service', 'api', '--', '/bin/echo', 'passes'], { env });
    expect(await ended).toMatchObject({ code: 0, stdout: 'passes\n' });
  }
});

test('a command that leaves a process behind does not hold stack-env', async () => {
  const copies = await openCopies(['project-3']);
  const { ended } = run(copies, ['--service', 'api', '--', 'sh', '-c', 'sleep 600 & echo $!; exit 4']);
  const { code, stdout } = await ended;
  const pid = Number(stdout);
  later(pid);
  expect(code).toBe(4);
  expect(isAlive(pid)).toBe(true);
});

test('a log that cannot be kept is told, and the service starts', async () => {
  const copies = await openCopies(['project-3']);
  await mkdir(copies.path('.state'));
  await copies.write('.state/logs', '');
  const { code, stdout, stderr } = await run(copies, ['--service', 'api', '--', 'echo', 'runs']).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'runs\n' });
  expect(stderr).toMatch(/^stack-env: warning: The state folder cannot be written: /);
  await rm(copies.path('.state/logs'));
});

test('without --service nothing is kept', async () => {
  const copies = await openCopies(['project-3']);
  await run(copies, ['--', 'echo', 'x']).ended;
  expect(existsSync(copies.path('.state/logs'))).toBe(false);
});
