import { hostnames, statusHostnames } from '../../model/hostname.ts';
import type { Workstream } from '../../model/workstream.ts';
import { type BrokenBlock, type Markers, withBlock } from '../../resolver/marked-block.ts';

const markers: Markers = { start: '# >>> sidings: generated, do not edit', end: '# <<< sidings' };

/** Longest name in the DNS, written with dots. */
const maxLength = 253;

/**
 * Every hostname of the workstreams and of the status page, sorted. They are made here of labels, whatever told of the workstreams, so
 * nothing but a name under our suffixes ever gets into the file. `localhost` has a line of its own in every hosts file.
 */
export const namesOf = (
  workstreams: readonly Pick<Workstream, 'name' | 'services'>[],
  suffixes: readonly string[],
): readonly string[] => {
  const all = suffixes.flatMap((suffix) => [
    ...statusHostnames(suffix),
    ...workstreams.flatMap(({ name: workstream, services }) =>
      services
        .filter(({ kind }) => kind === 'http')
        .flatMap(({ name: service, default: isDefault = false }) =>
          hostnames({ workstream, service, isDefault }, suffix),
        ),
    ),
  ]);
  return [...new Set(all)].filter((name) => name !== 'localhost' && name.length <= maxLength).sort();
};

/** One name a line: Windows takes no more than nine, others end a line somewhere. */
const linesOf = (names: readonly string[]): string => names.map((name) => `127.0.0.1 ${name}\n::1 ${name}\n`).join('');

/** Pure: the text of a hosts file with these names in the block of Sidings; without names, without the block. */
export const withHosts = (text: string, names: readonly string[] | undefined): string | BrokenBlock =>
  withBlock(text, markers, names && linesOf(names));
