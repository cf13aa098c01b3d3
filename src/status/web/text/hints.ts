/** A piece of a message or a hint. */
export interface Piece {
  readonly text: string;
  /** It is to be typed: shown as code, and may be copied. */
  readonly code: boolean;
}

/** A hint in pieces: what stands between backticks, and the command after `Run:` at its end, is code. */
export const piecesOf = (hint: string): readonly Piece[] => {
  const run = /^([^`]*\bRun: )([^`]+)$/s.exec(hint);
  if (run !== null) {
    const [, before = '', command = ''] = run;
    return [
      { text: before, code: false },
      { text: command, code: true },
    ];
  }
  return hint
    .split('`')
    .map((text, index) => ({ text, code: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
};
