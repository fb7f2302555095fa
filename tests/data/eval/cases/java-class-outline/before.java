package org.example.hive;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Readings of the scale and the thermometer below one hive. */
public final class HiveLog {

    private static final double SWARM_LOSS_KG = 1.5;

    private final String hive;
    private final List<Reading> readings = new ArrayList<>();

    public HiveLog(String hive) {
        this.hive = hive;
    }

    public void add(Instant at, double kilograms, double celsius) {
        readings.add(new Reading(at, kilograms, celsius));
    }

    public List<Reading> readings() {
        return Collections.unmodifiableList(readings);
    }

    /** Whether the hive lost so much weight between two readings that a swarm may have left. */
    public boolean swarmed() {
        for (int i = 1; i < readings.size(); i++) {
            double loss = readings.get(i - 1).kilograms() - readings.get(i).kilograms();
            if (loss > SWARM_LOSS_KG) {
                return true;
            }
        }
        return false;
    }

    public double gain() {
        if (readings.isEmpty()) {
            return 0;
        }
        Reading first = readings.get(0);
        Reading last = readings.get(readings.size() - 1);
        return last.kilograms() - first.kilograms();
    }

    @Override
    public String toString() {
        return "HiveLog(" + hive + ", " + readings.size() + " readings)";
    }

    public record Reading(Instant at, double kilograms, double celsius) {}
}
