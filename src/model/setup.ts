/** How the machine is set up for sidings; what a person needs to know where nothing is to be seen. */
export interface Setup {
  /** Folders in which copies are looked for. */
  readonly roots: readonly string[];
  /** Whether a Docker Engine answers; `off`: containers are left alone by a setting. */
  readonly docker: 'followed' | 'absent' | 'off';
  /** Whether any store of the machine or of a browser has the root certificate; `unused`: none of ours is in use. */
  readonly rootCertificate: 'trusted' | 'untrusted' | 'unused';
}
