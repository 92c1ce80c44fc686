#!/usr/bin/env node
/** Loads the program, whose files lie beside this one. */

import { loadProgram } from '../lib/index.ts'

loadProgram(__dirname, 'main.cjs', require)
