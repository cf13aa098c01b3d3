import { printable } from '../../../model/text.ts';

/** A run of text that looks the same throughout. `classes` are names of the stylesheet, never anything from the text. */
export interface Run {
  readonly text: string;
  readonly classes: string;
}

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
  /** One of the sixteen colours. */
  readonly front: number | undefined;
  readonly back: number | undefined;
}

const plain: Look = {
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
  front: undefined,
  back: undefined,
};

/** What a code turns on or off (ECMA-48 §8.3.117). */
const switches: Readonly<Record<number, Partial<Look>>> = {
  0: plain,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { front: undefined },
  49: { back: undefined },
};

/** Any terminal code: control sequences, strings such as titles and links, and what is left of those that were cut. */
const codes =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /\u001b\[([\d;:]*)m|(?:\u001b\[|\u009b)[\u0020-\u003f]*[\u0040-\u007e]?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[\u0020-\u002f]*[\u0030-\u007e]?/g;

/**
 * A line of a log in runs by its colours (SGR). All other terminal codes are left out, other control characters are made visible:
 * what comes out is text and names of classes, for text nodes and their elements. The sixteen colours are those of the page; others
 * become the nearest of them.
 */
export const runsOf = (line: string): readonly Run[] => {
  const runs: Run[] = [];
  let look = plain;
  let from = 0;
  const add = (text: string): void => {
    if (text !== '') runs.push({ text: printable(text), classes: classesOf(look) });
  };
  for (const match of line.matchAll(codes)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1] !== undefined) look = applied(look, match[1]);
  }
  add(line.slice(from));
  return runs;
};

/** The text of a line without its codes, for searching. */
export const plainText = (line: string): string => printable(line.replace(codes, ''));

const applied = (look: Look, parameters: string): Look => {
  let next = look;
  const numbers = parameters.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] as number;
    const name = code === 38 ? 'front' : code === 48 ? 'back' : undefined;
    if (name !== undefined || code === 58) {
      const [colour, taken] = extended(numbers.slice(index + 1));
      index += taken;
      if (name !== undefined) next = { ...next, [name]: colour };
    } else if (Object.hasOwn(switches, code)) next = { ...next, ...switches[code] };
    else if (code >= 30 && code <= 37) next = { ...next, front: code - 30 };
    else if (code >= 40 && code <= 47) next = { ...next, back: code - 40 };
    else if (code >= 90 && code <= 97) next = { ...next, front: code - 90 + 8 };
    else if (code >= 100 && code <= 107) next = { ...next, back: code - 100 + 8 };
  }
  return next;
};

/** The colour that follows 38 or 48, and how many numbers say it: `5;N` of 256, or `2;R;G;B`. */
const extended = ([kind, ...rest]: readonly number[]): readonly [colour: number | undefined, taken: number] => {
  if (kind === 5) return [rest[0] === undefined ? undefined : of256(rest[0]), 2];
  const [red = 0, green = 0, blue = 0] = rest;
  return kind === 2 ? [nearest(red, green, blue), 4] : [undefined, 1];
};

const of256 = (number: number): number | undefined => {
  if (number < 16) return number;
  if (number > 255) return undefined;
  if (number >= 232) {
    const grey = (number - 232) * 10 + 8;
    return nearest(grey, grey, grey);
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = number - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
};

/** The sixteen colours as most terminals have them. */
const palette = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
] as const;

const nearest = (red: number, green: number, blue: number): number => {
  const distances = palette.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  return distances.indexOf(Math.min(...distances));
};

const classesOf = ({ front, back, ...flags }: Look): string =>
  [
    ...Object.entries(flags).flatMap(([name, on]) => (on ? [`sgr-${name}`] : [])),
    ...(front === undefined ? [] : [`sgr-f${front}`]),
    ...(back === undefined ? [] : [`sgr-b${back}`]),
  ].join(' ');
