/** The variables that a process was started with; lib gets them passed in. */
export type Env = Readonly<Record<string, string | undefined>>
