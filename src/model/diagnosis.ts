/** What is known about a service that did not answer; shown on the 502 page. All of it is text from other programs. */
export interface Diagnosis {
  /** Ports that processes working inside this copy do listen on. */
  readonly listening: readonly ListeningProcess[];
  /** State of the service's container, where it has one. */
  readonly container: string | undefined;
  /** The last lines of the service's log, oldest first. */
  readonly logTail: readonly string[];
  /** The command that starts the service. */
  readonly startCommand: string;
}

export interface ListeningProcess {
  readonly port: number;
  readonly pid: number;
  readonly command: string;
}
