// What `npm run demo -- --check` proves, through the proxy wherever a page would use it.
import assert from 'node:assert/strict';
import { runStackEnv } from './copies.mjs';
import { openHotReload } from './hot-reload.mjs';
import { ask, askClear, askHttp2, askJson, authority } from './http.mjs';
import { query } from './postgres.mjs';
import { addressProofs, apiOf, notesProof, written } from './shared-proofs.mjs';
import { until } from './until.mjs';

/** Every proof: the sentence that is proved, and the work that fails when it does not hold. */
export const proofs = ({ proxy, copies, env, apis, startApi }) => {
  const [main, second, third] = copies;
  const { api, texts } = apiOf(proxy);

  return [
    ...addressProofs({ proxy, copies }),
    [
      'the root alone makes every https address trusted, by HTTP/2 as well; without it they are refused',
      async () => {
        for (const { name, services } of copies) {
          const { status, text } = await askHttp2(proxy, services.web.hostname, '/main.js');
          assert.equal(status, 200, text);
          assert.ok(text.includes(`"STACK_NAME": "${name}"`), `${services.web.hostname} shows another copy`);
        }
        const stranger = ask({ ...proxy, ca: [] }, main.services.web.hostname, '/');
        await assert.rejects(stranger, { code: /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/ });
      },
    ],
    [
      'in clear text, a page is sent to its https address and a program gets its answer',
      async () => {
        const { hostname } = second.services.web;
        const page = await askClear(proxy, hostname, '/', { headers: { 'upgrade-insecure-requests': '1' } });
        assert.equal(page.status, 308);
        assert.equal(page.headers.location, `https://${authority(hostname, proxy.https)}/`);
        assert.match((await askClear(proxy, hostname, '/')).text, /<title>Notes<\/title>/);
      },
    ],
    [
      'a page of project-2 may call the API of project-2, a page of project-3 may not',
      async () => {
        const allowed = async (copy) => {
          const headers = { origin: new URL(copy.env.WEB_URL).origin };
          const answer = await ask(proxy, second.services.api.hostname, '/notes', { headers });
          return answer.headers['access-control-allow-origin'] === headers.origin;
        };
        assert.equal(await allowed(second), true);
        assert.equal(await allowed(third), false);
      },
    ],
    notesProof({ proxy, copies }),
    [
      'the PostgreSQL of project-2, asked directly on its own port, holds that note; the two others do not',
      async () => {
        const stored = async (copy) =>
          (await query(copy.env.DATABASE_URL, 'SELECT text FROM notes')).map(({ text }) => text);
        assert.deepEqual(await stored(second), [written]);
        assert.deepEqual(await stored(third), []);
        assert.deepEqual(await stored(main), []);
      },
    ],
    [
      'the three copies have three PostgreSQL servers, each with its own data',
      async () => {
        const identify =
          "SELECT system_identifier::text AS id, current_setting('data_directory') AS data FROM pg_control_system()";
        const servers = await Promise.all(
          copies.map(async (copy) => (await query(copy.env.DATABASE_URL, identify))[0]),
        );
        assert.equal(new Set(servers.map(({ id }) => id)).size, 3);
        assert.equal(new Set(servers.map(({ data }) => data)).size, 3);
      },
    ],
    [
      'an edit in one copy reaches the hot-reload WebSocket of that copy and no other',
      async () => {
        const sockets = await Promise.all(copies.map((copy) => openHotReload(proxy, copy)));
        try {
          for (const socket of sockets) await socket.edit();
          for (const { settled } of sockets) await settled();
          for (const { name, directory, reloads } of sockets)
            for (const { triggeredBy } of reloads())
              assert.equal(triggeredBy, `${directory}/web/main.js`, `the page of ${name} heard of another copy`);
        } finally {
          for (const { close } of sockets) close();
        }
      },
    ],
    [
      "a shell with project-2's DATABASE_URL is rejected in project-3: exit code 3, and the message names project-2",
      async () => {
        const foreign = { ...env, DATABASE_URL: second.env.DATABASE_URL };
        const rejected = await runStackEnv([], { cwd: third.directory, env: foreign });
        assert.equal(rejected.code, 3, rejected.stderr);
        assert.match(rejected.stderr, /DATABASE_URL/);
        assert.match(rejected.stderr, /project-2\b/);
        const own = await runStackEnv([], { cwd: second.directory, env: foreign });
        assert.equal(own.code, 0, own.stderr);
      },
    ],
    [
      'the status API lists three live workstreams with api, web and postgres up',
      async () => {
        const isUp = ({ live, services }) =>
          live && ['api', 'web', 'postgres'].every((name) => services.find((s) => s.name === name)?.state === 'up');
        await until('three workstreams with three services up', async () => {
          const { workstreams } = await askJson(proxy, 'localhost', '/api/workstreams');
          assert.deepEqual(workstreams.map(({ name }) => name).sort(), copies.map(({ name }) => name).sort());
          return workstreams.every(isUp);
        });
      },
    ],
    [
      'an unknown hostname under localhost gets 404, any other host 421',
      async () => {
        assert.equal((await ask(proxy, 'project-9.api.localhost', '/')).status, 404);
        const other = await ask(proxy, 'localhost', '/', { headers: { host: 'example.com' } });
        assert.equal(other.status, 421);
        assert.ok(!other.text.includes('example.com'), 'the page repeats the host');
      },
    ],
    [
      'with the API of project-2 stopped, its address explains that with 502, and the others go on',
      async () => {
        await apis[1].stop();
        const answer = await ask(proxy, second.services.api.hostname, '/healthz');
        assert.equal(answer.status, 502, answer.text);
        const { code, hint } = JSON.parse(answer.text);
        assert.equal(code, 'upstream-refused', answer.text);
        assert.match(hint, /stack-env run --service api/);
        for (const copy of [main, third]) assert.equal((await api(copy, '/healthz')).name, copy.name);
        assert.match((await ask(proxy, second.services.web.hostname, '/')).text, /<title>Notes<\/title>/);
      },
    ],
    [
      'started again, it is back with its note',
      async () => {
        apis[1] = await startApi(second);
        assert.equal((await api(second, '/healthz')).name, 'project-2');
        assert.deepEqual(await texts(second), [written]);
      },
    ],
  ];
};
