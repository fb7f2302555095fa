#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " FILE\n";
        return 2;
    }
    std::ifstream file(argv[1]);
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
