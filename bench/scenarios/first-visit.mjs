// What the first visit to a hostname costs more than the second: its leaf certificate has to be issued.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { median } from '../machine.mjs';
import { onStage } from '../stage.mjs';

/** From the first packet to the whole answer over a connection of its own, in milliseconds. */
const visit = async (hostname, port, ca) => {
  const start = performance.now();
  await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: hostname, ca, agent: false };
    request({ ...options, headers: { host: `${hostname}:${port}` } })
      .on('response', (response) => response.on('end', resolve).resume())
      .on('error', reject)
      .end();
  });
  return performance.now() - start;
};

export const firstVisit = ({ visits }) =>
  onStage(async ({ port, root }) => {
    const ca = readFileSync(root);
    for (let warmUp = 0; warmUp < 20; warmUp += 1) await visit(`warm-${warmUp}.web.localhost`, port, ca);
    const pairs = [];
    for (let round = 0; round < visits; round += 1) {
      // Every name under our suffixes has a certificate, also one whose copy does not exist: it gets our page, not a TLS error.
      const hostname = `copy-${round}.web.localhost`;
      pairs.push([await visit(hostname, port, ca), await visit(hostname, port, ca)]);
    }
    return [
      ['first visit to a new hostname', median(pairs.map(([first]) => first)), 'ms'],
      ['what its certificate costs of that', median(pairs.map(([first, later]) => first - later)), 'ms'],
    ];
  });
