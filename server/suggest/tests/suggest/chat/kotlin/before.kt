package org.example.weather

import java.time.Duration
import java.time.Instant

data class Reading(
    val station: String,
    val celsius: Double,
    val at: Instant,
)

sealed class Outcome {
    data class Found(val reading: Reading) : Outcome()
    object Missing : Outcome()
}

interface Source {
    suspend fun read(station: String): Reading?
}

class Weather(
    private val source: Source,
    private val maxAge: Duration = Duration.ofMinutes(10),
) {
    private val readings = mutableMapOf<String, Reading>()

    val size: Int
        get() = readings.size

    suspend fun current(station: String): Outcome {
        val known = readings[station]
        if (known != null && !isStale(known)) {
            return Outcome.Found(known)
        }
        val fresh = source.read(station) ?: return Outcome.Missing
        readings[station] = fresh
        return Outcome.Found(fresh)
    }

    fun warmest(): Reading? = readings.values.maxByOrNull { it.celsius }

    fun forget(station: String) {
        readings.remove(station)
    }

    private fun isStale(reading: Reading): Boolean {
        val age = Duration.between(reading.at, Instant.now())
        return age > maxAge
    }

    companion object {
        const val ABSOLUTE_ZERO = -273.15

        fun of(source: Source) = Weather(source)
    }
}
