#include <fstream>
#include <iostream>
#include <string>

int main() {
    std::ifstream file("notes.txt");
    std::string line;
    std::size_t count = 0;
    while (std::getline(file, line)) {
        if (!line.empty()) {
            ++count;
        }
    }
    std::cout << count << " lines that are not empty\n";
    return 0;
}
