# frozen_string_literal: true

require 'json'
require 'time'

module Ledger
  class Error < StandardError; end

  # One line of an account.
  class Entry
    attr_reader :date, :amount, :text

    def initialize(date, amount, text)
      @date = date
      @amount = amount
      @text = text
    end

    def credit?
      amount.positive?
    end

    def to_s
      format('%s %10.2f %s', date.iso8601, amount, text)
    end
  end

  class Account
    include Enumerable

    attr_reader :name

    def initialize(name)
      @name = name
      @entries = []
    end

    def each(&block)
      @entries.each(&block)
    end

    def add(entry)
      raise Error, 'no amount' if entry.amount.zero?

      @entries << entry
      self
    end

    def balance
      sum(&:amount)
    end

    def between(from, to)
      select { |entry| entry.date >= from && entry.date <= to }
    end

    def self.load(path)
      data = JSON.parse(File.read(path))
      account = new(data['name'])
      data['entries'].each do |row|
        account.add(Entry.new(Time.parse(row['date']), row['amount'], row['text']))
      end
      account
    rescue JSON::ParserError => e
      raise Error, "cannot read #{path}: #{e.message}"
    end

    private

    def sorted
      @entries.sort_by(&:date)
    end
  end
end
