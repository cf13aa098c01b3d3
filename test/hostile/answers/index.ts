import type { Family } from '../vector.ts';
import { answerChunks } from './chunks.ts';
import { answerHeads } from './heads.ts';
import { answerLengths } from './lengths.ts';
import { answerSequences } from './sequences.ts';

/** What an upstream may answer. */
export const answerFamilies: readonly Family[] = [answerLengths, answerChunks, answerHeads, answerSequences];
