// What `npm run demo -- --docker --check` proves, through the proxy wherever a page would use it.
import assert from 'node:assert/strict';
import { askEngine, socketOf } from '../docker/ask.mjs';
import { composeArguments } from './containers.mjs';
import { runStackEnv, stackEnv } from './copies.mjs';
import { openHotReload } from './hot-reload.mjs';
import { ask, askJson } from './http.mjs';
import { addressProofs, apiOf, notesProof, written } from './shared-proofs.mjs';
import { until } from './until.mjs';

/** A server that is started beside the containers, on the port that the copy has computed. */
const standIn = `require('node:http')
  .createServer((_request, response) => response.end(JSON.stringify({ name: process.env.STACK_NAME, place: 'computed port' })))
  .listen(process.env.API_PORT, '127.0.0.1')`;

/** Every proof: the sentence that is proved, and the work that fails when it does not hold. */
export const proofs = ({ proxy, copies, env, host, processes }) => {
  const [main, second, third] = copies;
  const { api, texts } = apiOf(proxy);

  /** `stack-env compose` in a copy; gives what it printed. */
  const compose = async (copy, ...args) => {
    const { code, stdout, stderr } = await runStackEnv(composeArguments(...args), { cwd: copy.directory, env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const query = async (copy, sql) => {
    const { POSTGRES_DB: database } = copy.env;
    return (
      await compose(copy, 'exec', '-T', 'postgres', 'psql', '-U', 'postgres', '-d', database, '-Atc', sql)
    ).trim();
  };
  const containersOf = (copy) => {
    const filters = JSON.stringify({ label: [`com.docker.compose.project=${copy.env.COMPOSE_PROJECT_NAME}`] });
    return askEngine(socketOf(host), 'GET', `/containers/json?filters=${encodeURIComponent(filters)}`);
  };

  return [
    ...addressProofs({ proxy, copies }),
    [
      'the twelve containers have no port of this machine, and each copy has a network of its own',
      async () => {
        const found = await Promise.all(copies.map(containersOf));
        for (const containers of found) assert.equal(containers.length, 4);
        const published = found
          .flat()
          .flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort !== undefined));
        assert.deepEqual(published, []);
        const networks = found.map((containers) =>
          containers.flatMap(({ NetworkSettings }) =>
            Object.values(NetworkSettings.Networks).map((one) => one.NetworkID),
          ),
        );
        for (const ids of networks) assert.equal(new Set(ids).size, 1);
        assert.equal(new Set(networks.flat()).size, 3);
      },
    ],
    notesProof({ proxy, copies }),
    [
      'the PostgreSQL of project-2, asked in its own container, holds that note; the two others do not, and are other servers',
      async () => {
        assert.equal(await query(second, 'SELECT text FROM notes'), written);
        for (const copy of [main, third]) assert.equal(await query(copy, 'SELECT text FROM notes'), '');
        const identify = 'SELECT system_identifier FROM pg_control_system()';
        assert.equal(new Set(await Promise.all(copies.map((copy) => query(copy, identify)))).size, 3);
      },
    ],
    [
      'an edit in project-2 reaches the hot-reload WebSocket of project-2 and no other',
      async () => {
        const sockets = await Promise.all(copies.map((copy) => openHotReload(proxy, copy)));
        try {
          await sockets[1].edit();
          for (const { name, settled, reloads } of sockets) {
            await settled();
            assert.equal(reloads().length > 0, name === second.name, `the page of ${name}`);
          }
        } finally {
          for (const { close } of sockets) close();
        }
      },
    ],
    [
      'the status API lists three live workstreams, all of whose services are up in containers',
      async () => {
        const { workstreams } = await askJson(proxy, 'localhost', '/api/workstreams');
        assert.deepEqual(workstreams.map(({ name }) => name).sort(), copies.map(({ name }) => name).sort());
        for (const { services } of workstreams) {
          assert.deepEqual(services.map(({ name }) => name).sort(), ['api', 'postgres', 'redis', 'web']);
          for (const { provider, state } of services) assert.deepEqual([provider, state], ['docker', 'up']);
        }
      },
    ],
    [
      'with the API container of project-2 stopped, its address explains that with 502, and the others go on',
      async () => {
        await compose(second, 'stop', '--timeout', '2', 'api');
        const { code, diagnosis } = await until('the page about the stopped container', async () => {
          const { status, text } = await ask(proxy, second.services.api.hostname, '/healthz');
          const problem = status === 502 && JSON.parse(text);
          return problem && /Exited/.test(problem.diagnosis?.container) && problem;
        });
        assert.equal(code, 'upstream-refused');
        assert.equal(diagnosis.startCommand, 'stack-env compose up -d api');
        for (const copy of [main, third]) assert.equal((await api(copy, '/healthz')).name, copy.name);
        assert.match((await ask(proxy, second.services.web.hostname, '/')).text, /<title>Notes<\/title>/);
      },
    ],
    [
      'a server that is started in project-2 instead is reached at the same address, on the computed port',
      async () => {
        const command = [...stackEnv, 'run', '--service', 'api', '--', 'node', '-e', standIn];
        const started = processes.start('project-2.stand-in', command, { cwd: second.directory, env });
        const reached = async () => (await api(second, '/healthz')).place === 'computed port';
        await until('the server on the computed port', reached, { started });
      },
    ],
    [
      'the container wins when it is back, with its note',
      async () => {
        await compose(second, 'start', 'api');
        await until('the container', async () => (await api(second, '/healthz')).status === 'ok', { within: 60_000 });
        assert.deepEqual(await texts(second), [written]);
      },
    ],
    [
      'compose down --volumes in project-3 removes what project-3 has, and nothing else',
      async () => {
        await compose(third, 'down', '--volumes', '--timeout', '2');
        assert.deepEqual(await containersOf(third), []);
        const gone = async () => (await ask(proxy, third.services.api.hostname, '/healthz')).status === 502;
        await until('the address of a stack that is gone', gone);
        assert.deepEqual(await texts(second), [written]);
        assert.deepEqual(await texts(main), []);
      },
    ],
  ];
};
