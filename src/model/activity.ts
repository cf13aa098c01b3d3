/** What git and the files of a copy tell of the work in it. Everything but the numbers is text from strangers. */
export interface Activity {
  readonly name: string;
  readonly directory: string;
  readonly branch?: string;
  /** Files that differ from the last commit, untracked ones included. */
  readonly dirty?: number;
  /** Commits that the branch it follows does not have, and those of it that are not here; missing where it follows none. */
  readonly ahead?: number;
  readonly behind?: number;
  readonly commit?: LastCommit;
  /** Milliseconds since the epoch: the newest of the commit and of the changes to files that are not committed; without git, of those at the top. */
  readonly lastActivity?: number;
}

/** The commit that is checked out. */
export interface LastCommit {
  readonly hash: string;
  /** First line of its message. */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
