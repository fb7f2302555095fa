using System;
using System.Collections.Generic;
using System.Linq;

namespace Harbour.Ships
{
    /// <summary>Finds ships by their names.</summary>
    public class ShipIndex
    {
        private readonly Dictionary<string, Ship> _ships = new();
        private readonly ILogger _logger;

        public ShipIndex(ILogger logger)
        {
            _logger = logger;
        }

        public int Count => _ships.Count;

        public void Add(Ship ship)
        {
            if (ship == null)
            {
                throw new ArgumentNullException(nameof(ship));
            }
            _ships[ship.Name] = ship;
        }

        public Ship? Find(string name)
        {
            return _ships.TryGetValue(name, out var ship) ? ship : null;
        }

        public IEnumerable<Ship> InPort(string port)
        {
            return _ships.Values.Where(ship => ship.Port == port);
        }

        public void Clear()
        {
            _ships.Clear();
            _logger.Log("cleared");
        }
    }
}
