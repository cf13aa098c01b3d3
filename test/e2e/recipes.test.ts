import { appendFile, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { runCommand, startRun, startSidings } from '../support/commands.ts';
import { write } from '../support/folder.ts';
import { nextBase } from '../support/project-copies.ts';
import { eventually } from '../support/raw.ts';
import { needs } from '../support/requirements.ts';
import { runToEnd } from './run-to-end.ts';

// What docs/recipes.md says, tried with the real servers. Each is started as it is said there.

const vite = fileURLToPath(new URL('../../examples/notes/node_modules/vite/bin/vite.js', import.meta.url));

const viteConfig = (allowedHosts: string): string => `
const port = Number(process.env.WEB_PORT);
export default { server: { port, strictPort: true, allowedHosts: ${allowedHosts} } };
`;

const application = `
import os

async def app(scope, receive, send):
    if scope["type"] == "http":
        body = f"{scope['scheme']} of {os.environ['STACK_NAME']}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": f"{os.environ['STACK_NAME']} heard {message['text']}"})
`;

let folder: string;
let env: Record<string, string>;
let httpsPort: number;
let ca: string;
const endings: (() => Promise<void>)[] = [];
const ending = (end: () => Promise<void>): void => void endings.push(end);
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sidings-recipes-')));
  ending(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const base = nextBase();
  const project = {
    project: 'project',
    services: {
      web: { port: base + 10_000, env: ['WEB_PORT'], default: true },
      files: { port: base, env: ['FILES_PORT'] },
      api: { port: base + 10, env: ['API_PORT'] },
      next: { port: base + 20, env: ['PORT'] },
    },
  };
  for (const name of ['project-2', 'project-3', 'project-4']) {
    await write(join(folder, name, 'sidings.json'), JSON.stringify(project));
    await write(
      join(folder, name, 'index.html'),
      `<title>${name}</title><script type="module" src="/main.js"></script>`,
    );
    await write(join(folder, name, 'main.js'), 'export {};\n');
    await write(join(folder, name, 'app.py'), application);
  }
  await write(join(folder, 'project-2/vite.config.js'), viteConfig('[]'));
  await write(join(folder, 'project-3/vite.config.js'), viteConfig("['.test']"));
  const suffixes = { SIDINGS_SUFFIX: 'localhost,test' };
  const running = await startSidings(['--root', folder], { cwd: folder, env: suffixes, ending });
  httpsPort = running.httpsPort;
  env = { ...suffixes, SIDINGS_HTTP_PORT: String(running.port), SIDINGS_HTTPS_PORT: String(httpsPort) };
  env = { ...env, SIDINGS_STATE_DIR: join(folder, '.state'), SIDINGS_CERTS_DIR: join(folder, '.certs') };
  ca = await readFile(join(folder, '.certs/root.pem'), 'utf8');
});

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Asks the proxy as a browser does. */
const ask = (hostname: string, path = '/'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { host: `${hostname}:${httpsPort}` };
    const options = { host: '127.0.0.1', port: httpsPort, servername: hostname, ca, path, headers, agent: false };
    get(options, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (data) => {
          text += data;
        })
        .once('end', () => resolve({ status: response.statusCode, text }));
    }).once('error', reject);
  });

/** `stack-env run --service … -- …` in a copy, until the proxy leads to it. */
const serve = async (copy: string, service: string, command: readonly string[]): Promise<void> => {
  const started = startRun(service, command, { cwd: join(folder, copy), env, ending });
  const failure = started.ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  failure.catch(() => {});
  const leads = async (): Promise<boolean> => ((await ask(`${copy}.${service}.localhost`)).status ?? 502) < 500;
  await Promise.race([eventually(leads, `${service} of ${copy}`, 20_000), failure]);
};

interface Talk {
  readonly messages: readonly string[];
}

const openSocket = (hostname: string, path: string, protocols: readonly string[] = []) => {
  const host = `${hostname}:${httpsPort}`;
  // The types of ws leave the name for the handshake out.
  const options = { ca, servername: hostname, headers: { host, origin: `https://${host}` } };
  const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}${path}`, [...protocols], options);
  ending(async () => socket.terminate());
  const messages: string[] = [];
  let refused: string | undefined;
  socket.on('message', (data) => messages.push(String(data)));
  socket.on('error', ({ message }) => {
    refused = message;
  });
  return { socket, messages, refused: () => refused };
};

const forms = (copy: string, service: string, suffix: string): readonly string[] => [
  `${copy}.${service}.${suffix}`,
  `${service}.${copy}.${suffix}`,
  `${copy}-${service}.${suffix}`,
];

test('Vite: pages and hot reload at every hostname under localhost; others it has to be told of', async () => {
  await Promise.all(['project-2', 'project-3'].map((copy) => serve(copy, 'web', [process.execPath, vite])));

  const hot = async (hostname: string) => {
    const token = /wsToken = "([^"]+)"/.exec((await ask(hostname, '/@vite/client')).text)?.[1];
    await ask(hostname, '/main.js');
    return openSocket(hostname, `/?token=${token}`, ['vite-hmr']);
  };
  const sockets: Awaited<ReturnType<typeof hot>>[] = [];
  for (const hostname of [...forms('project-2', 'web', 'localhost'), 'project-2.localhost']) {
    expect(await ask(hostname)).toMatchObject({
      status: 200,
      text: expect.stringContaining('<title>project-2</title>'),
    });
    sockets.push(await hot(hostname));
  }
  for (const hostname of forms('project-3', 'web', 'test')) {
    expect(await ask(hostname)).toMatchObject({
      status: 200,
      text: expect.stringContaining('<title>project-3</title>'),
    });
  }
  for (const hostname of forms('project-2', 'web', 'test')) {
    expect(await ask(hostname)).toMatchObject({
      status: 403,
      text: expect.stringMatching(new RegExp(`^Blocked request\\. This host \\("${hostname}"\\) is not allowed\\.`)),
    });
  }
  const other = await hot('project-3.web.test');
  const all = [...sockets, other];
  await eventually(() => all.every(({ messages }) => messages.some((one) => one.includes('"connected"'))), 'greetings');
  const reloads = ({ messages }: Talk) => messages.filter((one) => /"type":"(?:full-reload|update)"/.test(one)).length;
  await eventually(async () => {
    await appendFile(join(folder, 'project-2/main.js'), '// edited\n');
    return sockets.every((socket) => reloads(socket) > 0);
  }, 'an edit reaches every page of its copy');
  expect(reloads(other)).toBe(0);

  const { stdout } = await runCommand('sidings', ['doctor', '--json'], { cwd: folder, env });
  const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string; message: string }[] };
  expect(findings.filter(({ check }) => check === 'host checks')).toEqual([
    {
      check: 'host checks',
      level: 'warning',
      message:
        'web of project-2 (Vite) refuses requests for project-2.web.test, web.project-2.test, project-2-web.test and project-2.test.',
      hint: `Set server.allowedHosts to ['.test'] in vite.config. It takes https://project-2.web.localhost:${httpsPort}.`,
    },
  ]);
});

test('Python: http.server', async (context) => {
  needs(context, 'python3');
  const command = ['sh', '-c', 'exec python3 -m http.server --bind 127.0.0.1 "$FILES_PORT"'];
  await serve('project-3', 'files', command);
  for (const hostname of forms('project-3', 'files', 'localhost'))
    expect(await ask(hostname)).toMatchObject({
      status: 200,
      text: expect.stringContaining('<title>project-3</title>'),
    });
});

test('Python: uvicorn knows that it was asked by https, and its WebSockets connect', async (context) => {
  needs(context, 'uvicorn');
  await serve('project-3', 'api', ['sh', '-c', 'exec uvicorn --port "$API_PORT" app:app']);
  for (const hostname of forms('project-3', 'api', 'localhost'))
    expect(await ask(hostname)).toEqual({ status: 200, text: 'https of project-3' });
  const { socket, messages, refused } = openSocket('project-3.api.localhost', '/');
  socket.on('open', () => socket.send('hello'));
  await eventually(() => messages.length > 0 || refused() !== undefined, 'an answer');
  expect([messages, refused()]).toEqual([['project-3 heard hello'], undefined]);
});

const nextPackages = { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' };
const nextFiles = {
  'package.json': JSON.stringify({ private: true, dependencies: nextPackages }),
  'app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n',
  'app/page.js': 'export default () => <p>{process.env.STACK_NAME}</p>;\n',
};

test('Next.js: pages and hot reload at every hostname under localhost; others it has to be told of', {
  timeout: 600_000,
}, async () => {
  const copy = join(folder, 'project-4');
  for (const [file, text] of Object.entries(nextFiles)) await write(join(copy, file), text);
  const install = ['install', '--prefix', copy, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await runToEnd('npm', install, {}, 500_000);
  expect(code, output).toBe(0);
  await serve('project-4', 'next', ['env', 'NEXT_TELEMETRY_DISABLED=1', join(copy, 'node_modules/.bin/next'), 'dev']);

  const sockets: Talk[] = [];
  for (const hostname of forms('project-4', 'next', 'localhost')) {
    const page = await ask(hostname);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<p>project-4</p>') });
    const script = /<script src="(\/_next\/[^"]+)"/.exec(page.text)?.[1] ?? '';
    expect(await ask(hostname, script)).toMatchObject({ status: 200 });
    sockets.push(openSocket(hostname, `/_next/hmr?id=${hostname}`));
  }
  const reloads = ({ messages }: Talk) => messages.filter((one) => one.includes('"serverComponentChanges"')).length;
  await eventually(
    () => sockets.every(({ messages }) => messages.some((one) => /connected/.test(one))),
    'greetings',
    60_000,
  );
  await appendFile(join(copy, 'app/page.js'), '// edited\n');
  await eventually(() => sockets.every((one) => reloads(one) > 0), 'an edit reaches every page of its copy', 60_000);

  const { refused } = openSocket('project-4.next.test', '/_next/hmr?id=test');
  await eventually(() => refused() !== undefined, 'a refusal');
  const doctor = await runCommand('sidings', ['doctor', '--json'], { cwd: folder, env });
  const { findings } = JSON.parse(doctor.stdout) as { findings: { message: string; hint?: string }[] };
  expect(findings).toContainEqual(
    expect.objectContaining({
      message: expect.stringMatching(/^next of project-4 \(Next\.js\) refuses requests for .*project-4\.next\.test/),
      hint: expect.stringContaining('allowedDevOrigins'),
    }),
  );
});
