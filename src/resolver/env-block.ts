import { type BrokenBlock, type Markers, withBlock } from './marked-block.ts';

const markers: Markers = { start: '# >>> stack-env: generated, do not edit', end: '# <<< stack-env' };

/** The text of an env file with its generated block replaced, or with a new one at its end, where it wins over lines above it. */
export const withEnvBlock = (text: string, assignments: string): string | BrokenBlock =>
  withBlock(text, markers, assignments);
