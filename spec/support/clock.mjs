/** A preload: a clock that is wrong by CLOCK_OFFSET milliseconds, since there is a file CLOCK_SET if that is given. */

import { existsSync } from 'node:fs'

const { now } = Date
const { CLOCK_OFFSET, CLOCK_SET } = process.env
const isWrong = () => CLOCK_SET === undefined || existsSync(CLOCK_SET)
Date.now = () => now() + (isWrong() ? Number(CLOCK_OFFSET) : 0)
