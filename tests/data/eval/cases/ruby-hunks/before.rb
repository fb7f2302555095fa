# frozen_string_literal: true

require "date"

module Canteen
  # The dishes of one week.
  class Menu
    DAYS = %i[monday tuesday wednesday thursday friday].freeze

    attr_reader :week

    def initialize(week)
      @week = week
      @dishes = Hash.new { |hash, day| hash[day] = [] }
    end

    def add(day, dish, vegan: false)
      raise ArgumentError, "no canteen on #{day}" unless DAYS.include?(day)

      @dishes[day] << { name: dish, vegan: vegan }
      self
    end

    def on(day)
      @dishes[day].map { |dish| dish[:name] }
    end

    def vegan_days
      DAYS.select { |day| @dishes[day].any? { |dish| dish[:vegan] } }
    end

    def to_s
      DAYS.map { |day| "#{day}: #{on(day).join(', ')}" }.join("\n")
    end
  end
end
