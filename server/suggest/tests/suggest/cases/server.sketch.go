```go
import (
	"fmt"
	"log"
	"net/http"
	// ...
)

// ... existing code ...

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", s.name)
	start := time.Now()
	s.mux.ServeHTTP(w, r)
	if took := time.Since(start); took > limit {
		log.Printf("%s took %s", r.URL.Path, took)
	}
}

// ... existing code ...
```
