import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Copies, openCopies } from '../../support/stack-env.ts';

const init = (copies: Copies, folder: string, args: readonly string[] = []) =>
  copies.stackEnv(folder, ['init', ...args]);
/** What the resolver makes of the file, in main and in a copy. */
const resolved = async (copies: Copies, folder: string) => {
  const { code, stdout, stderr } = await copies.stackEnv(folder, ['--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as {
    project: string;
    slot: number;
    services: Record<string, { kind: string; port: number }>;
    env: Record<string, string>;
  };
};

test('the example resolves with what init writes for it, in main and in a copy', async () => {
  const copies = await openCopies([]);
  const example = fileURLToPath(new URL('../../../examples/notes', import.meta.url));
  await cp(example, copies.path('notes'), {
    recursive: true,
    filter: (file) => !/node_modules|sidings\.json$/.test(file),
  });
  const { code, stdout, stderr } = await init(copies, 'notes');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`${copies.path('notes/sidings.json')} written: postgres 5432, redis 6379, web 5173.\n`);
  await cp(copies.path('notes'), copies.path('notes-3'), { recursive: true });
  expect(await resolved(copies, 'notes')).toMatchObject({ slot: 0, services: { web: { port: 5173 } } });
  expect(await resolved(copies, 'notes-3')).toMatchObject({
    slot: 3,
    services: { postgres: { kind: 'tcp', port: 5435 }, web: { kind: 'http', port: 5176 } },
    env: { POSTGRES_PORT: '5435', WEB_PORT: '5176' },
  });
});

const anchors = `x-common: &common
  restart: always
services:
  db:
    <<: *common
    image: postgres:17
    ports: ["127.0.0.1:\${DB_PORT:-5432}:5432"]
  api:
    build: .
    ports:
      - target: 8000
        published: "\${API_PORT:-8000}"
  admin:
    ports: ["8081:8080"]
`;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is written in the file
test('published ports that it cannot decide about are told, and those that a mend moves stay at their address', async () => {
  const copies = await openCopies([]);
  await copies.write(
    'shop/compose.yaml',
    `services:
  api: { ports: ["127.0.0.1:8000:80"] }
  admin: { ports: [{ target: 80, published: 8300, host_ip: 127.0.0.1 }] }
  range: { ports: ["9000-9005:9000-9005", { target: 80, published: "9100-9101" }] }
  must: { ports: ["\${MUST_PORT:?say it}:80", "\${SAID_PORT:?say it}:80"] }
  dns: { ports: ["5353:53/udp"] }
  free: { ports: ["80", "0:81", { target: 82 }] }
`,
  );
  await copies.write('shop/.env', 'SAID_PORT=8600\n');
  const { code, stdout, stderr } = await init(copies, 'shop');
  expect(code).toBe(0);
  expect(stdout).toMatch(/ written: api 8000, admin 8300, must 8600\.\n/);
  expect(stdout).toContain('"127.0.0.1:${API_PORT:-8000}:80"\n');
  expect(stdout).toContain('Write there: published: "${ADMIN_PORT:-8300}"\n');
  const told = ['range publishes 9000-9005', 'range publishes 9100-9101', 'must publishes ${MUST_PORT:?say it}'];
  for (const what of [...told, 'dns publishes 5353']) expect(stderr).toContain(`compose.yaml: ${what}, which was not`);
  expect(stderr.match(/ publishes /g)).toHaveLength(4);

  await copies.write('only/compose.yaml', 'services: { range: { ports: ["9000-9005:9000-9005"] } }');
  const nothing = await init(copies, 'only', ['--json']);
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('range publishes 9000-9005');
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is what is written in the file

test('compose with anchors and an override, packages in folders, a Vite port, .env and its example', async () => {
  const copies = await openCopies([]);
  await copies.write('shop/docker-compose.yml', anchors);
  await copies.write('shop/docker-compose.override.yml', 'services:\n  mail:\n    ports: !override ["8025:8025"]\n');
  await copies.write('shop/compose.other.yaml', 'services: { never: { ports: ["9999:9999"] } }');
  await copies.write('shop/package.json', '{ "scripts": { "dev": "next dev -p 3000" } }');
  await copies.write('shop/apps/admin-ui/package.json', '{ "scripts": { "dev": "vite" } }');
  await copies.write('shop/apps/admin-ui/vite.config.ts', 'export default { server: { port: 5300 } };');
  await copies.write('shop/node_modules/x/package.json', '{ "scripts": { "dev": "vite --port 7777" } }');
  await copies.write(
    'shop/.env.example',
    'DATABASE_URL=postgres://me:committed@localhost:5432/shop\nNEXT_PUBLIC_API=x\n',
  );
  await copies.write(
    'shop/.env',
    'NEXT_PUBLIC_API=http://localhost:8000/v1\nSECRET_URL=http://a:hunter2@localhost:8000\n',
  );
  expect(await init(copies, 'shop')).toMatchObject({ code: 0, stderr: '' });
  const text = await readFile(copies.path('shop/sidings.json'), 'utf8');
  expect(text).toMatch(
    /\/\/ docker-compose\.yml publishes 8081 in every copy\. Write there: "\$\{ADMIN_PORT:-8081\}:8080"/,
  );
  expect(text).not.toContain('hunter2');
  const { services, env } = await resolved(copies, 'shop');
  expect(Object.entries(services).map(([name, { port }]) => `${name} ${port}`)).toEqual([
    'db 5432',
    'api 8000',
    'admin 8081',
    'mail 8025',
    'web 3000',
    'admin-ui 5300',
  ]);
  expect(env).toMatchObject({
    DATABASE_URL: 'postgres://me:committed@localhost:5432/shop',
    NEXT_PUBLIC_API: 'http://localhost:8000/v1',
  });
  await cp(copies.path('shop'), copies.path('shop-2'), { recursive: true, filter: (file) => !file.endsWith('/.env') });
  expect((await resolved(copies, 'shop-2')).env).toMatchObject({
    DATABASE_URL: 'postgres://me:committed@localhost:5434/shop_2',
    NEXT_PUBLIC_API: 'https://shop-2.api.localhost/v1',
  });
});

test('the project is the main checkout, also when a copy is where it is called', async () => {
  const copies = await openCopies([]);
  for (const folder of ['shop', 'shop-2', 'feature', 'alone-7', 'v2'])
    await copies.write(`${folder}/compose.yaml`, 'services: { web: { ports: ["3000:3000"] } }');
  await copies.write('feature/.git', `gitdir: ${copies.path('shop/.git/worktrees/feature')}\n`);
  for (const [folder, project] of [
    ['shop-2', 'shop'],
    ['feature', 'shop'],
    ['alone-7', 'alone-7'],
    ['v2', 'v2'],
  ] as const) {
    expect((await init(copies, folder)).code).toBe(0);
    expect((await resolved(copies, folder)).project).toBe(project);
  }
});

test('never overwrites: not a file, not a dangling link', async () => {
  const copies = await openCopies(['project']);
  await copies.write('project/compose.yaml', 'services: { web: { ports: ["3000:3000"] } }');
  const before = await readFile(copies.path('project/sidings.json'), 'utf8');
  const { code, stderr } = await init(copies, 'project');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^stack-env: .*sidings\.json exists already\.\n/);
  expect(await readFile(copies.path('project/sidings.json'), 'utf8')).toBe(before);

  await copies.write('other/compose.yaml', 'services: { web: { ports: ["3000:3000"] } }');
  await symlink(copies.path('nowhere'), copies.path('other/sidings.json'));
  expect((await init(copies, 'other')).stderr).toContain('exists already');
  await expect(readFile(copies.path('nowhere'))).rejects.toThrow('ENOENT');
});

test('nothing found, a broken file, JSON', async () => {
  const copies = await openCopies([]);
  await copies.write('empty/README.md', '');
  expect(await init(copies, 'empty')).toMatchObject({ code: 2, stdout: '' });
  expect(JSON.parse((await init(copies, 'empty', ['--json'])).stdout)).toMatchObject({
    problems: [{ code: 'init-nothing-found' }],
  });
  await copies.write('half/compose.yaml', 'services:\n  a: [\n');
  await copies.write('half/package.json', '{ "scripts": { "dev": "vite" } }');
  await copies.write('half/web/package.json', 'no json');
  const half = await init(copies, '.', ['--json', '--dir', copies.path('half')]);
  expect(half.code).toBe(0);
  expect(half.stderr).toContain('compose.yaml cannot be read');
  expect(half.stderr).toContain('web/package.json cannot be read');
  expect(JSON.parse(half.stdout)).toMatchObject({
    file: copies.path('half/sidings.json'),
    services: { web: { kind: 'http', port: 5173 } },
    problems: [{ severity: 'warning' }, { severity: 'warning' }],
  });
});

test.each([
  ['is a part of itself', 'services: &a { web: *a }', 'an alias in it stands for what it is a part of'],
  ['is nested without end', '- '.repeat(100_000), 'it is nested too deeply'],
  ['is very large', '#'.repeat(300_000), 'it is larger than 256 KB'],
])('a compose file that %s is told, and left out', async (_name, text, reason) => {
  const copies = await openCopies([]);
  await copies.write('odd/compose.yaml', text);
  await copies.write('odd/package.json', '{ "scripts": { "dev": "vite" } }');
  const { code, stderr } = await init(copies, '.', ['--dir', copies.path('odd')]);
  expect(stderr).toContain(`compose.yaml cannot be read, so nothing in it was checked: ${reason}`);
  expect(code).toBe(0);
});

test('a folder that does not exist, or cannot be written', async () => {
  const copies = await openCopies([]);
  const absent = await init(copies, '.', ['--dir', 'absent']);
  expect(absent.code).toBe(1);
  expect(absent.stderr).toContain('no such file or folder');
  if (process.getuid?.() === 0) return;
  await mkdir(copies.path('closed'));
  await copies.write('closed/compose.yaml', 'services: { web: { ports: ["3000:3000"] } }');
  await chmod(copies.path('closed'), 0o500);
  expect((await init(copies, 'closed')).stderr).toContain('permission denied');
});
