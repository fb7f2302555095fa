package chess

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

enum class Side { WHITE, BLACK }

sealed interface State {
    data object Stopped : State
    data class Running(val side: Side, val since: TimeSource.Monotonic.ValueTimeMark) : State
    data class Flagged(val loser: Side) : State
}

class ChessClock(initial: Duration, private val increment: Duration = 2.seconds) {
    private val remaining = mutableMapOf(Side.WHITE to initial, Side.BLACK to initial)

    var state: State = State.Stopped
        private set

    fun start() {
        check(state is State.Stopped) { "the clock runs already" }
        state = State.Running(Side.WHITE, TimeSource.Monotonic.markNow())
    }

    fun press() {
        val running = state as? State.Running ?: return
        val left = remaining.getValue(running.side) - running.since.elapsedNow()
        if (left <= Duration.ZERO) {
            state = State.Flagged(running.side)
            return
        }
        remaining[running.side] = left + increment
        val other = if (running.side == Side.WHITE) Side.BLACK else Side.WHITE
        state = State.Running(other, TimeSource.Monotonic.markNow())
    }

    fun remaining(side: Side): Duration = remaining.getValue(side)
}
