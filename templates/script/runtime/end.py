if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
