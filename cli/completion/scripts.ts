/**
 * What a shell runs when a word of stint is to be completed: it asks `stint completion words`, and knows
 * by itself of files and of other programs' commands. Nothing that was typed is evaluated.
 */

import bash from './stint.bash?raw'
import fish from './stint.fish?raw'
import zsh from './stint.zsh?raw'

/** The script of each shell. */
export const scripts: Readonly<Record<string, string>> = { bash, zsh, fish }
