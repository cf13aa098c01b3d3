/** Takes what is to be written, in order: text that is Latin-1, or a part of a buffer. */
export interface Writer {
  readonly text: (text: string) => void;
  readonly bytes: (buffer: Buffer, from: number, to: number) => void;
}
