import { copy, service, startProxy } from '../support/proxy.ts';
import { connecting, type Transport } from './doors.ts';
import { lifeOfTest } from './life.ts';
import { startRecorder } from './recorder.ts';
import type { Door } from './run.ts';

export const lanes = ['fast', 'full'] as const;

/** How many vectors are played at a time, each with copies of its own. */
const atOnce = 8;

/** Ways into one Sidings; ended with the test. */
export const openSidings = async (lane: (typeof lanes)[number], transport: Transport): Promise<readonly Door[]> => {
  const recorders = await Promise.all(Array.from({ length: atOnce }, () => startRecorder(lifeOfTest())));
  const copies = recorders.flatMap(({ ports }, index) => [
    copy(`project-${index}`, [service('api', ports.host)]),
    copy(`other-${index}`, [service('api', ports.other)]),
  ]);
  const { port, securePort } = await startProxy({ copies, lanes: lane });
  return recorders.map((recorder, index) => {
    const host = `project-${index}.api.localhost`;
    const way = connecting(transport, transport === 'clear text' ? port : securePort, host);
    return { ...way, host, other: `other-${index}.api.localhost`, isRouted: true, recorder };
  });
};
