/** A preload: a clock that is wrong by CLOCK_OFFSET milliseconds. */

const { now } = Date
Date.now = () => now() + Number(process.env.CLOCK_OFFSET)
