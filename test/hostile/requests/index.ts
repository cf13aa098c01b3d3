import type { Family } from '../vector.ts';
import { requestChunks } from './chunks.ts';
import { connectionFields } from './connection-fields.ts';
import { conversations } from './conversations.ts';
import { expectations } from './expectations.ts';
import { requestHosts } from './hosts.ts';
import { requestLengths } from './lengths.ts';
import { lines } from './lines.ts';
import { requestLines } from './request-lines.ts';
import { sizes } from './sizes.ts';
import { targets } from './targets.ts';
import { transferEncodings } from './transfer-encodings.ts';
import { upgrades } from './upgrades.ts';

/** What a client may send. */
export const requestFamilies: readonly Family[] = [
  requestLengths,
  transferEncodings,
  requestChunks,
  lines,
  requestLines,
  targets,
  requestHosts,
  connectionFields,
  upgrades,
  expectations,
  sizes,
  conversations,
];
