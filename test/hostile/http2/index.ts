import { answersByHttp2 } from './answers.ts';
import { bodies } from './bodies.ts';
import { fields } from './fields.ts';
import { floods } from './floods.ts';
import { frames } from './frames.ts';
import { heads } from './heads.ts';
import { hosts } from './hosts.ts';
import { lines } from './lines.ts';
import { prefaces } from './prefaces.ts';
import { settingsAndWindows } from './settings.ts';
import { streams } from './streams.ts';
import { trailers } from './trailers.ts';
import { tunnels } from './tunnels.ts';
import type { Family } from './vector.ts';

/** What a client may send by HTTP/2, and what upstreams may answer to it. */
export const http2Families: readonly Family[] = [
  prefaces,
  lines,
  hosts,
  fields,
  bodies,
  trailers,
  tunnels,
  heads,
  frames,
  streams,
  settingsAndWindows,
  floods,
  answersByHttp2,
];
