/** Compiles the program's files beforehand: the build does so, and npm when it installs. */

import { compileProgram } from '../lib/index.ts'

compileProgram(__dirname)
