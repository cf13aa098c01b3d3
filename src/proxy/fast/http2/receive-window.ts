/** Bytes that the other side may send (RFC 9113 §5.2), as it knows it. What was taken is given free when it is half of them, so that a frame says it seldom. */
export class ReceiveWindow {
  private readonly size: number;
  private left: number;
  private taken = 0;

  constructor(size: number) {
    this.size = size;
    this.left = size;
  }

  /** Takes what came. Gives whether it was allowed. */
  take(bytes: number): boolean {
    this.left -= bytes;
    this.taken += bytes;
    return this.left >= 0;
  }

  /** Gives free what was taken, where it is enough to be told: so many bytes, or none. */
  giveFree(): number {
    const { taken } = this;
    if (taken * 2 < this.size) return 0;
    this.left += taken;
    this.taken = 0;
    return taken;
  }
}
